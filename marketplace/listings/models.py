"""Items, the listings that offer them, their photos and flaws."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import PictureColumns, Style
from marketplace.database import JSONDocument, Model, enum_column
from marketplace.events import Machine
from marketplace.listings.states import LISTING, OPEN, ListingState
from marketplace.money import Money
from marketplace.people.models import Address, Person, Purchase

_OPEN = "state IN ({})".format(", ".join(f"'{state.value}'" for state in OPEN))


class Item(Model):
    """One physical piece. Its owner is a person, or the brand itself where ``owner_id`` is empty.

    A purchase line of three is three items, told apart by ``unit`` (from 1); they come to be when first offered.
    """

    __tablename__ = "items"
    __table_args__ = (sa.UniqueConstraint("purchase_id", "unit"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    style_id: Mapped[int] = mapped_column(sa.ForeignKey("styles.id"), index=True)
    purchase_id: Mapped[int | None] = mapped_column(sa.ForeignKey("purchases.id"))
    unit: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    quarantined_at: Mapped[datetime | None]  # found to be a counterfeit: never offered again (GAP-08)

    style: Mapped[Style] = relationship()
    purchase: Mapped[Purchase | None] = relationship()
    owner: Mapped[Person | None] = relationship()


class Listing(Model):
    """An item offered. A listing without a seller is the brand's own supply (MK-17)."""

    __tablename__ = "listings"
    machine: ClassVar[Machine] = LISTING
    __table_args__ = (
        sa.Index(
            "uq_listings_open_item",
            "item_id",
            unique=True,
            sqlite_where=sa.text(_OPEN),
            postgresql_where=sa.text(_OPEN),
        ),
        sa.Index("ix_listings_newest", "state", sa.text("live_at DESC"), sa.text("id DESC")),
        sa.Index("ix_listings_price", "state", "price_minor", "id"),
        sa.Index("ix_listings_title_price", "state", "title", "price_minor", "id"),
        sa.Index("ix_listings_colour_price", "state", "category", "colour", "price_minor", "id"),
        sa.Index("ix_listings_category_price", "state", "category", "price_minor", "id"),
        sa.Index("ix_listings_category", "state", "category", sa.text("live_at DESC"), sa.text("id DESC")),
        sa.Index(None, "changed_in"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    item_id: Mapped[int] = mapped_column(sa.ForeignKey("items.id"), index=True)
    seller_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    policy_version_id: Mapped[int] = mapped_column(sa.ForeignKey("programme_versions.id"))
    state: Mapped[ListingState] = mapped_column(enum_column(ListingState), default=ListingState.DRAFT)
    started_at: Mapped[datetime]

    # What is offered: copied from the style so that a page needs one row, and a sale can pin it.
    title: Mapped[str] = mapped_column(sa.String(120))
    house: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str] = mapped_column(sa.String(40))
    colour: Mapped[str] = mapped_column(sa.String(40))
    material: Mapped[str] = mapped_column(sa.String(60), default="")
    hardware: Mapped[str] = mapped_column(sa.String(40), default="")
    size: Mapped[str] = mapped_column(sa.String(20), default="")
    original_price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    purchased_on: Mapped[date | None]
    search_text: Mapped[str] = mapped_column(sa.Text, default="")  # lower case, accents folded
    saves: Mapped[int] = mapped_column(default=0, server_default="0")  # how many people keep it in mind
    changed_in: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")  # see listings/changes.py

    # What the seller says.
    grade: Mapped[str | None] = mapped_column(sa.String(40))  # a key of the pinned policy's scale
    words: Mapped[str] = mapped_column(sa.String(1000), default="")
    includes: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)  # keys: what comes with it
    currency: Mapped[str] = mapped_column(sa.String(3))
    price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    suggested_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    approved_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # raising above it goes back to review
    proposed_price_minor: Mapped[int | None] = mapped_column(sa.BigInteger)  # by a reviewer, for the seller to accept
    ships_from_id: Mapped[int | None] = mapped_column(sa.ForeignKey("addresses.id"))
    step: Mapped[str] = mapped_column(sa.String(20), default="details")  # where the draft stands in the wizard

    submitted_at: Mapped[datetime | None]
    review_due_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    sold_at: Mapped[datetime | None]

    item: Mapped[Item] = relationship()
    seller: Mapped[Person | None] = relationship()
    ships_from: Mapped[Address | None] = relationship()
    photos: Mapped[list[ListingPhoto]] = relationship(
        back_populates="listing", order_by="ListingPhoto.position", cascade="all, delete-orphan"
    )
    flaws: Mapped[list[Flaw]] = relationship(back_populates="listing", order_by="Flaw.id", cascade="all, delete-orphan")

    @property
    def is_supply(self) -> bool:
        return self.seller_id is None

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    @property
    def original_price(self) -> Money:
        return Money(self.original_price_minor, self.currency)


class ListingViews(Model):
    """How often a listing was looked at by anybody but its seller, about."""

    __tablename__ = "listing_views"

    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), primary_key=True)
    views: Mapped[int]


HASH_BANDS = ((42, 22), (21, 21), (0, 21))  # parts of a photo's 64-bit fingerprint: the lowest bit, and how many


def hash_band(low: int, width: int) -> str:
    """A part of a fingerprint, as the index on it says it."""
    return f"((perceptual_hash >> {low}) & {(1 << width) - 1})"


class ListingPhoto(PictureColumns, Model):
    """A photo the seller took, in a named slot: front, back, inside, price_tag, flaw, or a free extra."""

    __tablename__ = "listing_photos"
    __table_args__ = (
        sa.Index(None, "key"),
        *(sa.Index(f"ix_listing_photos_hash_{low}", sa.text(hash_band(low, width))) for low, width in HASH_BANDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    slot: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int] = mapped_column(default=0)
    taken_at: Mapped[datetime]
    perceptual_hash: Mapped[int] = mapped_column(sa.BigInteger)  # signed 64 bits
    mirrored_hash: Mapped[int] = mapped_column(sa.BigInteger)
    findings: Mapped[list[Any]] = mapped_column(JSONDocument, default=list)  # what the quality check said

    listing: Mapped[Listing] = relationship(back_populates="photos")


class Flaw(Model):
    """Something worn or broken: part, kind, severity (keys of the policy) and its own photo."""

    __tablename__ = "flaws"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    part: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[str] = mapped_column(sa.String(40))
    severity: Mapped[str] = mapped_column(sa.String(40))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    photo_id: Mapped[int | None] = mapped_column(sa.ForeignKey("listing_photos.id"))

    listing: Mapped[Listing] = relationship(back_populates="flaws")
    photo: Mapped[ListingPhoto | None] = relationship()


class ReviewNote(Model):
    """What a reviewer asked for: the field it concerns, the reason (a key of the policy's review rules), words."""

    __tablename__ = "review_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(sa.ForeignKey("listings.id"), index=True)
    reviewer_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"))
    written_at: Mapped[datetime]
    field: Mapped[str] = mapped_column(sa.String(40))
    reason: Mapped[str] = mapped_column(sa.String(40))
    words: Mapped[str] = mapped_column(sa.String(500), default="")
    resolved_at: Mapped[datetime | None]
