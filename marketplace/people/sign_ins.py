"""Sign-ins: one row a browser. The browser holds a token, the row its hash; ending the row ends it there.

Every sign-in gets a token of its own, so nothing planted before it is worth anything after it (fault P09).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from marketplace import clock, events
from marketplace.database import db
from marketplace.people.models import Person, SignIn

LASTS = timedelta(days=30)
LASTS_FOR_STAFF = timedelta(hours=12)


def hashed(token: str) -> str:
    """What the database keeps of a token: enough to find it, not to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(person: Person, *, at: datetime) -> tuple[SignIn, str]:
    """Sign ``person`` in on a browser; returns the row and the token that only the browser keeps."""
    token = secrets.token_urlsafe(32)
    lasts = LASTS_FOR_STAFF if person.is_staff else LASTS
    sign_in = SignIn(
        person=person, token_hash=hashed(token), started_at=at, expires_at=clock.wall() + lasts, second_factor_at=None
    )
    db.session.add(sign_in)
    events.record(person, "signed_in", by=person, at=at)
    return sign_in, token


def of_token(token: str) -> SignIn | None:
    """The sign-in this token stands for, with its person, while it lasts."""
    return (
        db.session.scalars(
            sa.select(SignIn)
            .where(SignIn.token_hash == hashed(token), SignIn.ended_at.is_(None), SignIn.expires_at > clock.wall())
            .options(joinedload(SignIn.person).joinedload(Person.roles))
        )
        .unique()
        .one_or_none()
    )


def end(sign_in: SignIn, *, at: datetime) -> None:
    """Sign out on this browser."""
    sign_in.ended_at = at
    db.session.flush()


def end_all(person: Person, *, at: datetime) -> int:
    """Sign out everywhere; returns how many browsers that was. A new password or role does the same."""
    ended = db.session.execute(
        sa.update(SignIn)
        .where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
        .values(ended_at=at)
        .returning(SignIn.id)
        .execution_options(synchronize_session="fetch")
    ).all()
    return len(ended)
