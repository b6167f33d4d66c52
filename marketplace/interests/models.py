"""Saved pieces and saved searches."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.listings.models import Listing
from marketplace.people.models import Person


class SavedPiece(Model):
    """A listing somebody keeps in mind, with the price last known to them: a lower one is told."""

    __tablename__ = "saved_pieces"
    __table_args__ = (sa.UniqueConstraint("person_id", "listing_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    saved_at: Mapped[datetime]
    known_price_minor: Mapped[int] = mapped_column(sa.BigInteger)

    person: Mapped[Person] = relationship()
    listing: Mapped[Listing] = relationship()


class Pace(enum.StrEnum):
    """How soon somebody hears of new pieces: with each, or once a day."""

    INSTANT = "instant"
    DAILY = "daily"


class SavedSearch(Model):
    """A search somebody wants to hear of. ``asked`` is the query string as pairs, ``label`` what it was called."""

    __tablename__ = "saved_searches"
    __table_args__ = (sa.Index("ix_saved_searches_pace", "pace", "category"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    category: Mapped[str | None] = mapped_column(sa.String(40))
    asked: Mapped[list[Any]] = mapped_column(JSONDocument)
    label: Mapped[str] = mapped_column(sa.String(200))
    pace: Mapped[Pace] = mapped_column(enum_column(Pace))
    saved_at: Mapped[datetime]
    told_at: Mapped[datetime]  # what went live up to here has been told, or was there already

    person: Mapped[Person] = relationship()
