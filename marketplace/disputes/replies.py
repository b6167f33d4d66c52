"""Saved replies: texts that managers keep and agents put into their letters, with the case's own facts filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import events
from marketplace.database import Model, db
from marketplace.disputes.models import Dispute
from marketplace.errors import NotFound, Refusal
from marketplace.people.models import Person
from marketplace.presentation import deadline, money
from marketplace.programme import versions

_PLACE = re.compile(r"\{([^{}\n]*)\}")


class UnknownPlaceholder(Refusal):
    message = _l("This text has a placeholder that nothing fills.")
    status = 422


class SavedReply(Model):
    """A text for letters to both sides of a case. One that is retired stays for the record."""

    __tablename__ = "saved_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(80))
    words: Mapped[str] = mapped_column(sa.String(1500))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


PLACEHOLDERS = {
    "case": _l("the case's number"),
    "order": _l("the order's number"),
    "item": _l("what the piece is called"),
    "price": _l("its price"),
    "deadline": _l("until when the case waits"),
    "shop": _l("the programme's name"),
}


def _facts(dispute: Dispute) -> dict[str, str]:
    order = dispute.order
    return {
        "case": dispute.number,
        "order": order.number,
        "item": str(order.as_sold["title"]),
        "price": money(order.price),
        "deadline": deadline(dispute.due_at) if dispute.due_at else str(_("no date")),
        "shop": versions.current().policy.name,
    }


def fill(reply: SavedReply, dispute: Dispute) -> str:
    """The text with the case's facts in the place of its placeholders. What a fact says is never filled again."""
    facts = _facts(dispute)
    return _PLACE.sub(lambda place: facts.get(place[1], place[0]), reply.words)


def check(words: str) -> None:
    """Raise ``UnknownPlaceholder`` for a text with one that nothing fills."""
    unknown = [place for place in _PLACE.findall(words) if place not in PLACEHOLDERS]
    if unknown:
        raise UnknownPlaceholder(_("Nothing fills {%(name)s}.", name=unknown[0]))


def standing() -> Sequence[SavedReply]:
    """The replies an agent may use, by title."""
    return db.session.scalars(
        sa.select(SavedReply).where(SavedReply.retired_at.is_(None)).order_by(SavedReply.title, SavedReply.id)
    ).all()


def the_reply(reply_id: int) -> SavedReply:
    """A reply that may be used; else ``NotFound``."""
    reply = db.session.get(SavedReply, reply_id)
    if reply is None or reply.retired_at is not None:
        raise NotFound()
    return reply


def keep(title: str, words: str, *, by: Person, at: datetime, reply: SavedReply | None = None) -> SavedReply:
    """Keep a new reply, or change one. Raises ``UnknownPlaceholder``."""
    check(words)
    kept = reply or SavedReply()
    kept.title, kept.words, kept.author_id, kept.changed_at = title, words, by.id, at
    db.session.add(kept)
    events.record(kept, "keep", by=by, at=at)
    return kept


def retire(reply: SavedReply, *, by: Person, at: datetime) -> None:
    """Take a reply out of use; harmless where it is."""
    if reply.retired_at is None:
        reply.retired_at = at
        events.record(reply, "retire", by=by, at=at)
