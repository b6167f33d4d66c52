"""Bearer tokens: who may speak to the API. Shown once when made, kept as their hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.credits.models import ApiToken, Scope
from marketplace.database import db
from marketplace.errors import NotFound, Refusal

PREFIX = "reprise_"  # tells a token that leaked into a log or a repository for what it is


class TokenMissing(Refusal):
    """No token, an unknown one or a revoked one: the three look the same."""

    message = _l("Send a valid bearer token.")
    status = 401


class ScopeMissing(Refusal):
    message = _l("This token does not open this.")
    status = 403


class NameTaken(Refusal):
    message = _l("There is a token of this name already.")


def make_token(name: str, scope: Scope, *, at: datetime) -> str:
    """A new token for a till or another shop; returns it for the only time. Raises ``NameTaken``."""
    if db.session.scalar(sa.select(ApiToken.id).where(ApiToken.name == name)) is not None:
        raise NameTaken()
    token = PREFIX + secrets.token_urlsafe(32)
    db.session.add(ApiToken(name=name, scope=scope, token_hash=_hash(token), made_at=at))
    db.session.flush()
    return token


def revoke_token(name: str, *, at: datetime) -> None:
    """End a token; what was done with it stays. Raises ``NotFound`` where no living token has this name."""
    ended = db.session.scalar(
        sa.update(ApiToken)
        .where(ApiToken.name == name, ApiToken.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(ApiToken.id)
    )
    if ended is None:
        raise NotFound()


def every_token() -> Sequence[ApiToken]:
    """All tokens ever made, by name."""
    return db.session.scalars(sa.select(ApiToken).order_by(ApiToken.name)).all()


def bearer(header: str | None, scope: Scope) -> ApiToken:
    """The token an ``Authorization`` header carries; raises ``TokenMissing`` or ``ScopeMissing``."""
    kind, _space, token = (header or "").partition(" ")
    if kind.lower() != "bearer":
        raise TokenMissing()
    found = db.session.scalar(
        sa.select(ApiToken).where(ApiToken.token_hash == _hash(token.strip()), ApiToken.revoked_at.is_(None))
    )
    if found is None:
        raise TokenMissing()
    if found.scope is not scope:
        raise ScopeMissing()
    return found


def _hash(token: str) -> str:
    return hashlib.sha256(f"api-token:{token}".encode()).hexdigest()
