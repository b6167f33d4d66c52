"""Asking for a link by mail: noted on the page, answered by a job.

The page writes the same rows for an e-mail it knows and for one it does not (fault P07); the job finds out, and sends
what fits: the link, a word that there is an account already, or nothing.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime

from marketplace import events
from marketplace.database import db
from marketplace.jobs import outbox
from marketplace.jobs.outbox import Done, OutboxRow, Refused
from marketplace.people import accounts, mailed_links
from marketplace.people.facts import AccountExists
from marketplace.people.models import LinkRequest, Person, TokenPurpose

LINK = "account_link"  # outbox: a link somebody asked for


def ask(purpose: TokenPurpose, email: str, *, at: datetime, person: Person | None = None, language: str = "") -> None:
    """Note that a link to ``email`` is wanted, by ``person`` where it is a new address, by who reads ``language``."""
    request = LinkRequest(purpose=purpose, email=email, asked_at=at, language=language)
    request.person_id = person.id if person else None
    db.session.add(request)
    db.session.flush()
    # The row is deleted when it is answered, and SQLite gives its number to the next one: the key is random instead.
    outbox.enqueue(LINK, key=f"account-link:{secrets.token_hex(12)}", subject=request, request={}, at=at)


class LinkSending:
    """Carries out ``LINK``: nothing leaves the house here, the mail it leads to is a row of its own."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        return Done()

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        request = db.session.get_one(LinkRequest, row.subject_id)
        _ANSWERS[request.purpose](request, at)
        db.session.delete(request)


def _answer_joining(request: LinkRequest, at: datetime) -> None:
    person = accounts.account_of(request.email)
    if person is None:
        person = accounts.open_account(email=request.email, at=at, language=request.language)
    if person.email_verified_at is not None:
        events.announce(AccountExists(person_id=person.id, at=at))
        return
    mailed_links.send(person, TokenPurpose.VERIFY, person.email, at=at)


def _answer_coming_back(request: LinkRequest, at: datetime) -> None:
    person = accounts.account_of(request.email)
    if person is not None:
        # Who never finished joining has no password to forget: the link lets them finish.
        unfinished = person.email_verified_at is None
        mailed_links.send(person, TokenPurpose.VERIFY if unfinished else request.purpose, person.email, at=at)


def _answer_changing(request: LinkRequest, at: datetime) -> None:
    holder = accounts.account_of(request.email)
    if holder is not None:
        events.announce(AccountExists(person_id=holder.id, at=at))
    elif request.person_id is not None:
        mailed_links.send(db.session.get_one(Person, request.person_id), TokenPurpose.CHANGE, request.email, at=at)


_ANSWERS: dict[TokenPurpose, Callable[[LinkRequest, datetime], None]] = {
    TokenPurpose.VERIFY: _answer_joining,
    TokenPurpose.SIGN_IN: _answer_coming_back,
    TokenPurpose.RESET: _answer_coming_back,
    TokenPurpose.CHANGE: _answer_changing,
}
