"""Accounts and guests: opening them, proving an e-mail, changing what a person may change about themselves."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from marketplace import events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.people import mailed_links, membership, passwords, sign_ins
from marketplace.people.facts import EmailVerified, PasswordChanged
from marketplace.people.models import Person, TokenPurpose


class EmailTaken(Refusal):
    """Another account has proved this e-mail. Only somebody who reads its mail is ever told."""

    message = _l("Another account uses this e-mail.")


def account_of(email: str) -> Person | None:
    """The account with this e-mail (as ``clean_email`` spells it); guests are not accounts."""
    return db.session.scalar(sa.select(Person).where(Person.email == email, Person.is_account))


def guest(*, email: str, name: str, at: datetime, language: str = "") -> Person:
    """Somebody who buys without an account: a new record each time, as typing an e-mail proves nothing."""
    person = Person(email=email, name=name, is_account=False, joined_at=at, language=language)
    db.session.add(person)
    db.session.flush()
    return person


def speak(person: Person, language: str) -> None:
    """Write to this person in another language from now on."""
    person.language = language


def open_account(*, email: str, at: datetime, language: str = "") -> Person:
    """An account nobody can sign in to yet: its e-mail is not proved, and there is no password."""
    person = Person(email=email, is_account=True, joined_at=at, language=language)
    db.session.add(person)
    db.session.flush()
    events.record(person, "account_opened", by=person, at=at)
    return person


def finish_joining(token: str, *, name: str, password: str, at: datetime) -> Person:
    """The e-mail is proved, a name and a password are chosen: the account is open, and joins the club (MK-03).

    Staff are linked to a loyalty account they have, but do not join by being hired. Raises ``PasswordRefused`` and
    leaves the link as it was, or ``LinkSpent``.
    """
    person = _use(token, TokenPurpose.VERIFY, password, at=at)
    person.name = name
    set_password(person, password, at=at)
    verify_email(person, at=at)
    if person.is_staff:
        membership.link(person, at=at)
    else:
        membership.join(person, at=at)
    return person


def reset_password(token: str, password: str, *, at: datetime) -> Person:
    """Set a new password by a mailed link. Raises ``PasswordRefused`` and leaves the link, or ``LinkSpent``."""
    person = _use(token, TokenPurpose.RESET, password, at=at)
    set_password(person, password, at=at)
    return person


def _use(token: str, purpose: TokenPurpose, password: str, *, at: datetime) -> Person:
    person = db.session.get_one(Person, mailed_links.look_at(token, purpose).person_id)
    passwords.check_new(password, email=person.email)
    mailed_links.use(token, purpose, at=at)
    return person


def verify_email(person: Person, *, at: datetime) -> None:
    """Its owner has shown that mail to ``person.email`` reaches them (MK-21)."""
    person.email_verified_at = at
    events.record(person, "email_verified", by=person, at=at)
    events.announce(EmailVerified(person_id=person.id, at=at))


def set_password(person: Person, password: str, *, at: datetime) -> Person:
    """Set or change the password, sign out everywhere, end every link (fault P09). Raises ``PasswordRefused``."""
    passwords.check_new(password, email=person.email)
    had_one = person.password_hash is not None
    person.password_hash = passwords.hashed(password)
    sign_ins.end_all(person, at=at)
    mailed_links.retire(person, at=at)
    events.record(person, "password_set", by=person, at=at)
    if had_one:
        events.announce(PasswordChanged(person_id=person.id, at=at))
    return person


def refresh_hash(person: Person, password: str) -> None:
    """Keep a password that has just fitted with today's cost, where it was kept with yesterday's."""
    if person.password_hash and passwords.HASHER.check_needs_rehash(person.password_hash):
        person.password_hash = passwords.hashed(password)


def rename(person: Person, name: str, *, at: datetime) -> None:
    """Change the name, given clean."""
    person.name = name
    events.record(person, "renamed", by=person, at=at)


def change_email(person: Person, email: str, *, at: datetime) -> None:
    """Move the account to an e-mail its owner has just proved, sign out everywhere, end every link.

    The loyalty link goes with the e-mail (MK-21). Raises ``EmailTaken``.
    """
    try:
        with db.session.begin_nested():
            person.email = email
    except IntegrityError:
        raise EmailTaken() from None
    sign_ins.end_all(person, at=at)
    mailed_links.retire(person, at=at)
    membership.follow_email(person, at=at)
    verify_email(person, at=at)
