"""Links by mail: a token that only the mail holds, good for one purpose, once, for a while."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock, events
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.people.facts import LinkWanted
from marketplace.people.models import EmailToken, Person, TokenPurpose
from marketplace.people.sign_ins import hashed

LASTS = {
    TokenPurpose.VERIFY: timedelta(days=1),
    TokenPurpose.SIGN_IN: timedelta(minutes=15),
    TokenPurpose.RESET: timedelta(hours=1),
    TokenPurpose.CHANGE: timedelta(days=1),
}

_PATHS = {
    TokenPurpose.VERIFY: "/join/confirm/{token}",
    TokenPurpose.SIGN_IN: "/sign-in/link/{token}",
    TokenPurpose.RESET: "/reset/{token}",
    TokenPurpose.CHANGE: "/account/email/{token}",
}

_ASKED_FOR_AT = {
    TokenPurpose.VERIFY: "/join",
    TokenPurpose.SIGN_IN: "/sign-in/link",
    TokenPurpose.RESET: "/reset",
    TokenPurpose.CHANGE: "/account/email",
}


class LinkSpent(Refusal):
    """The link was used, replaced or has expired; one that never existed looks the same."""

    message = _l("It has been used or is too old. Ask for a new one.")
    status = 410

    def __init__(self, purpose: TokenPurpose) -> None:
        super().__init__()
        self.way_on = _ASKED_FOR_AT[purpose]


def path_of(purpose: TokenPurpose, token: str) -> str:
    """Where the link in the mail leads."""
    return _PATHS[purpose].format(token=token)


def send(person: Person, purpose: TokenPurpose, email: str, *, at: datetime) -> None:
    """Make a token for ``person`` and announce that it wants to be mailed; the last one of each purpose counts."""
    retire(person, purpose, at=at)
    token = secrets.token_urlsafe(24)
    link = EmailToken(
        person_id=person.id,
        purpose=purpose,
        email=email,
        token_hash=hashed(token),
        expires_at=clock.wall() + LASTS[purpose],
    )
    db.session.add(link)
    db.session.flush()
    fact = LinkWanted(link_id=link.id, person_id=person.id, purpose=purpose, email=email, token=token, at=at)
    events.announce(fact)


def look_at(token: str, purpose: TokenPurpose) -> EmailToken:
    """The live link behind a token, without using it; raises ``LinkSpent``."""
    found = db.session.scalar(
        sa.select(EmailToken).where(
            EmailToken.token_hash == hashed(token),
            EmailToken.purpose == purpose,
            EmailToken.used_at.is_(None),
            EmailToken.expires_at > clock.wall(),
        )
    )
    if found is None:
        raise LinkSpent(purpose)
    return found


def use(token: str, purpose: TokenPurpose, *, at: datetime) -> EmailToken:
    """Use a link, once: of two who try, one gets ``LinkSpent``."""
    link = look_at(token, purpose)
    won = db.session.scalar(
        sa.update(EmailToken)
        .where(EmailToken.id == link.id, EmailToken.used_at.is_(None))
        .values(used_at=at)
        .returning(EmailToken.id)
        .execution_options(synchronize_session=False)
    )
    if won is None:
        raise LinkSpent(purpose)
    return link


def retire(person: Person, *purposes: TokenPurpose, at: datetime) -> None:
    """Make the unused links of these purposes (default: of all) worthless."""
    db.session.execute(
        sa.update(EmailToken)
        .where(
            EmailToken.person_id == person.id,
            EmailToken.purpose.in_(purposes or tuple(TokenPurpose)),
            EmailToken.used_at.is_(None),
        )
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )
