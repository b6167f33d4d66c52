"""Publishing a policy, and reading the one in force or one that something is pinned to (GAP-18).

versions.current().policy.limits.ship_by_business_days
versions.published(order.policy_version_id).policy
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
import sqlalchemy as sa
from flask_babel import get_locale
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from marketplace import clock, shapes
from marketplace.clock import BusinessCalendar
from marketplace.database import db, insert_new
from marketplace.errors import NotFound
from marketplace.programme import reading
from marketplace.programme.models import ProgrammeVersion
from marketplace.programme.policy import Policy
from marketplace.programme.policy.languages import spoken
from marketplace.programme.upgrades import upgraded


class NothingPublishedError(Exception):
    """The database holds no policy yet: publish one first (``flask programme publish``)."""


@dataclass(frozen=True)
class PublishedPolicy:
    """A policy with the version it was published under. ``number`` is what people see, ``id`` what rows point to."""

    id: int
    number: int
    content_hash: str
    published_at: datetime
    written: Policy  # in the words it was published in

    @property
    def policy(self) -> Policy:
        """The policy in the language of whoever reads now; figures, lists and keys are the same in every one."""
        locale = get_locale()
        words = self.written.languages.words.get(locale.language) if locale else None
        return _spoken(self.content_hash, self.written, locale.language) if locale and words else self.written

    @property
    def calendar(self) -> BusinessCalendar:
        """The days the programme works."""
        return self.written.calendar


def current() -> PublishedPolicy:
    """The policy in force, looked up once a transaction; raises ``NothingPublishedError``."""
    session = db.session()
    found: PublishedPolicy | None = session.info.get("programme")
    if found is None:
        version = clock.with_time(_IN_FORCE)
        if version is None:
            raise NothingPublishedError("no policy has been published")
        found = session.info["programme"] = _published(*version)
    return found


def published(version_id: int) -> PublishedPolicy:
    """The version a row is pinned to, looked up once a transaction; most often the one in force."""
    in_force = current()
    if in_force.id == version_id:
        return in_force
    earlier: dict[int, PublishedPolicy] = db.session().info.setdefault("earlier_programmes", {})
    if version_id not in earlier:
        earlier[version_id] = _read(db.session.get_one(ProgrammeVersion, version_id))
    return earlier[version_id]


def numbered(number: int) -> PublishedPolicy:
    """The version people know by this number; raises ``NotFound``."""
    version = db.session.scalar(sa.select(ProgrammeVersion).where(ProgrammeVersion.number == number))
    if version is None:
        raise NotFound()
    return _read(version)


def publish(policy: Policy, *, at: datetime) -> PublishedPolicy:
    """Put a policy in force as a new version; the one that is in force already stays and is returned.

    Several processes may start at once with the same policy: one version comes of it.
    """
    content_hash = hash_of(policy)
    latest = _latest()
    while latest is None or latest.content_hash != content_hash:
        row = {
            "number": latest.number + 1 if latest else 1,
            "schema": policy.schema,
            "content_hash": content_hash,
            "body": msgspec.to_builtins(policy),
            "published_at": at,
        }
        db.session.execute(insert_new(ProgrammeVersion).values(row))
        latest = _latest()
    db.session().info.pop("programme", None)
    return _read(latest)


def adopt(chosen: str, *, at: datetime) -> PublishedPolicy:
    """Publish the preset or file that the ``PROGRAMME`` setting names; raises ``reading.PolicyError``."""
    return publish(reading.read(chosen), at=at)


def hash_of(policy: Policy) -> str:
    """The SHA-256 of a policy's content, whatever the order or the comments of its file."""
    return hashlib.sha256(msgspec.json.encode(policy, order="sorted")).hexdigest()


_TABLE = ProgrammeVersion.__table__.c
_IN_FORCE = (
    sa.select(_TABLE.id, _TABLE.number, _TABLE.schema, _TABLE.content_hash, _TABLE.published_at)
    .order_by(_TABLE.number.desc())
    .limit(1)
)


def _latest() -> ProgrammeVersion | None:
    return db.session.scalar(sa.select(ProgrammeVersion).order_by(ProgrammeVersion.number.desc()).limit(1))


_translated: dict[tuple[str, str], Policy] = {}


def _spoken(content_hash: str, policy: Policy, language: str) -> Policy:
    """The policy in another language, made once a process."""
    known = (content_hash, language)
    if known not in _translated:
        _translated[known] = spoken(policy, policy.languages.words[language])
    return _translated[known]


# A body never changes, so it is decoded once a process, found by its hash: ids repeat from one database to another.
_decoded: dict[tuple[str, int], Policy] = {}


def _read(version: ProgrammeVersion) -> PublishedPolicy:
    return _published(version.id, version.number, version.schema, version.content_hash, version.published_at)


def _published(version_id: int, number: int, schema: int, content_hash: str, at: datetime) -> PublishedPolicy:
    policy = _decoded.get((content_hash, schema))
    if policy is None:
        body = db.session.scalars(sa.select(ProgrammeVersion.body).where(ProgrammeVersion.id == version_id)).one()
        policy = _decoded[content_hash, schema] = shapes.convert(upgraded(body, schema), Policy)
    return PublishedPolicy(version_id, number, content_hash, at, policy)


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop("programme", None)
        session.info.pop("earlier_programmes", None)
