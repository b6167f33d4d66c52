"""One public piece and what comes close to it, read as plain rows: the page that everybody opens maps no objects.

    piece = read(statement(), number)
    piece.title, pictures_of(number), alike(number, 8)

The statements are put together once, so that a page neither builds nor compiles them; they name tables by letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from marketplace.catalogue.models import Style, StylePicture
from marketplace.database import JSONDocument, db
from marketplace.errors import NotFound
from marketplace.listings.models import Flaw, Item, Listing, ListingPhoto
from marketplace.listings.states import PUBLIC, ListingState
from marketplace.money import Money
from marketplace.people.models import Person

MOST_ALIKE = 8

L: Any = Listing.__table__
S: Any = Style.__table__
I: Any = Item.__table__  # noqa: E741
P: Any = ListingPhoto.__table__
F: Any = Flaw.__table__
LP: Any = StylePicture.__table__


class PictureFile(NamedTuple):
    """Where a picture is kept and in which widths (pixels), as ``catalogue.models.PictureColumns`` has it."""

    key: str
    width: int
    height: int
    widths: tuple[int | str, ...]

    @classmethod
    def read(cls, key: str | None, width: int | None, height: int | None, widths: Any) -> PictureFile | None:
        """The file of a row; None where the row has none."""
        return None if key is None else cls(key, width or 0, height or 0, tuple(widths or ()))


@dataclass(frozen=True, slots=True)
class Offered:
    """A listing as a shop window shows it, with its first picture (None: it has none)."""

    id: int
    number: str
    title: str
    house: str
    category: str
    colour: str
    material: str
    grade: str | None
    state: ListingState
    currency: str
    price_minor: int | None
    original_price_minor: int
    seller_id: int | None
    picture: PictureFile | None

    @property
    def is_supply(self) -> bool:
        return self.seller_id is None

    @property
    def price(self) -> Money | None:
        return None if self.price_minor is None else Money(self.price_minor, self.currency)

    @property
    def original_price(self) -> Money:
        return Money(self.original_price_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph on the page of a piece. ``flaw`` is what it shows, where it shows one.

    A library picture has no ``taken_at``; a flaw without a photograph has no ``key``.
    """

    by_seller: bool
    key: str | None
    width: int | None
    height: int | None
    widths: list[Any] | None
    slot: str
    taken_at: datetime | None
    taken_on: date | None
    part: str | None
    kind: str | None
    severity: str | None
    note: str | None

    @property
    def file(self) -> PictureFile:
        """As ``showing.photo`` reads a picture; only of one that has a ``key``."""
        return PictureFile(self.key or "", self.width or 0, self.height or 0, tuple(self.widths or ()))


SHOWN = (
    L.c.id,
    L.c.number,
    L.c.title,
    L.c.house,
    L.c.category,
    L.c.colour,
    L.c.material,
    L.c.grade,
    L.c.state,
    L.c.currency,
    L.c.price_minor,
    L.c.original_price_minor,
    L.c.seller_id,
)


def statement(*more: Any, of_seller: Any = None) -> sa.Select[Any]:
    """What the page of one public piece says of it; ``more`` columns of ``of_seller``, rows by ``seller_id``."""
    joined = L.join(I, I.c.id == L.c.item_id).join(S, S.c.id == I.c.style_id)
    joined = joined.outerjoin(Person.__table__, Person.__table__.c.id == L.c.seller_id)
    if of_seller is not None:
        joined = joined.outerjoin(of_seller, of_seller.c.seller_id == L.c.seller_id)
    earlier = L.alias("earlier")
    sold_before = sa.and_(
        earlier.c.item_id == L.c.item_id, earlier.c.id != L.c.id, earlier.c.state == ListingState.SOLD
    )
    sold_here = sa.select(sa.func.max(earlier.c.sold_at)).where(sold_before).correlate(L).scalar_subquery()
    columns = (
        *SHOWN,
        L.c.policy_version_id,
        L.c.hardware,
        L.c.size,
        L.c.words,
        L.c.includes,
        L.c.purchased_on,
        L.c.reviewed_at,
        L.c.live_at,
        L.c.sold_at,
        S.c.id.label("style_id"),
        S.c.number.label("style_number"),
        S.c.measurements,
        Person.__table__.c.suspended_at,
        sold_here.label("sold_here_at"),
    )
    public = L.c.state.in_(PUBLIC)
    return sa.select(*columns, *more).select_from(joined).where(L.c.number == sa.bindparam("number"), public)


def this_seller() -> Any:
    """The seller of the listing that is asked for, within a statement of that listing."""
    return sa.select(L.c.seller_id).where(L.c.number == sa.bindparam("number")).correlate(None).scalar_subquery()


def read(one: sa.Select[Any], number: str) -> Any:
    """The row of the public listing of that number; raises ``NotFound``."""
    row = db.session.execute(one, {"number": number}).one_or_none()
    if row is None:
        raise NotFound()
    return row


def shown(row: Any, picture: PictureFile | None) -> Offered:
    """A row of ``SHOWN`` and its picture as a shop window takes them."""
    return Offered(*(*row[: len(SHOWN)], picture))


# Photographs ---------------------------------------------------------------------------------------------------------


def _nothing(kind: Any) -> Any:
    return sa.cast(sa.null(), kind)


def _pictures() -> Any:
    text, moment = sa.String, L.c.live_at.type
    this = sa.select(L.c.id).where(L.c.number == sa.bindparam("number")).correlate(None).scalar_subquery()
    style = sa.select(I.c.style_id).join(L, L.c.item_id == I.c.id).where(L.c.number == sa.bindparam("number"))
    no_flaw = tuple(_nothing(text).label(name) for name in ("part", "kind", "severity", "note"))
    flaw = (F.c.part, F.c.kind, F.c.severity, F.c.note)
    file = ("key", "width", "height", "widths")
    taken = (sa.literal(True).label("by_seller"), *(P.c[name] for name in file), P.c.slot, P.c.taken_at)
    place = (P.c.position.label("place"), sa.func.coalesce(F.c.id, 0).label("flaw"))
    of_library = (
        sa.literal(False),
        *(LP.c[name] for name in file),
        sa.literal("", text),
        _nothing(moment),
        LP.c.taken_on,
        *no_flaw,
        LP.c.position,
        sa.literal(0),
    )
    unseen = (
        sa.literal(True),
        _nothing(text),
        _nothing(sa.Integer),
        _nothing(sa.Integer),
        _nothing(JSONDocument),
        sa.literal("", text),
        _nothing(moment),
        _nothing(sa.Date),
        *flaw,
        sa.literal(0),
        F.c.id,
    )
    by_seller = sa.select(*taken, _nothing(sa.Date).label("taken_on"), *flaw, *place).select_from(
        P.outerjoin(F, F.c.photo_id == P.c.id)
    )
    every = sa.union_all(
        by_seller.where(P.c.listing_id == this),
        sa.select(*of_library).where(LP.c.style_id == style.correlate(None).scalar_subquery()),
        sa.select(*unseen).where(F.c.listing_id == this, F.c.photo_id.is_(None)),
    )
    return every.order_by("by_seller", "flaw", "place")


_PICTURES = _pictures()


def pictures_of(number: str) -> list[Picture]:
    """The library's pictures, the seller's, those of flaws in the order noted, and flaws that have none."""
    return [Picture(*row[:12]) for row in db.session.execute(_PICTURES, {"number": number})]


# What comes close ----------------------------------------------------------------------------------------------------

_PRICE: Any = sa.bindparam("price", type_=sa.BigInteger)
SUSPENDED = sa.select(Person.__table__.c.id).where(Person.__table__.c.suspended_at.is_not(None))


def _nearest(*conditions: Any) -> list[Any]:
    """The ids of a few live pieces on either side of a price, by an index that has the price as its next column."""
    price, limit = _PRICE, sa.bindparam("limit", type_=sa.Integer)
    found = sa.select(L.c.id).where(L.c.state == ListingState.LIVE, *conditions)
    below = found.where(L.c.price_minor < price).order_by(L.c.price_minor.desc(), L.c.id.desc()).limit(limit)
    above = found.where(L.c.price_minor >= price).order_by(L.c.price_minor, L.c.id).limit(limit)
    return [sa.select(side.subquery().c.id) for side in (above, below)]


def _alike() -> Any:
    title, category, colour = (sa.bindparam(name, type_=sa.String) for name in ("title", "category", "colour"))
    candidates = sa.union(
        *_nearest(L.c.title == title),
        *_nearest(L.c.category == category, L.c.colour == colour),
        *_nearest(L.c.category == category),
        *_nearest(),
    ).subquery()
    likeness = sa.case(
        (L.c.title == title, 0),
        (sa.and_(L.c.category == category, L.c.colour == colour), 1),
        (L.c.category == category, 2),
        else_=3,
    )
    away = sa.func.abs(L.c.price_minor - _PRICE)
    first = sa.select(sa.func.min(P.c.id)).where(P.c.listing_id == L.c.id).correlate(L).scalar_subquery()
    joined = (
        candidates.join(L, L.c.id == candidates.c.id)
        .join(I, I.c.id == L.c.item_id)
        .outerjoin(LP, sa.and_(LP.c.style_id == I.c.style_id, LP.c.position == 0))
        .outerjoin(P, sa.and_(LP.c.id.is_(None), P.c.id == first))
    )
    picture = (sa.func.coalesce(LP.c[name], P.c[name]).label(name) for name in ("key", "width", "height", "widths"))
    return (
        sa.select(*SHOWN, *picture)
        .select_from(joined)
        .where(L.c.id != sa.bindparam("id"), sa.or_(L.c.seller_id.is_(None), L.c.seller_id.not_in(SUSPENDED)))
        .order_by(likeness, away, L.c.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


_ALIKE = _alike()


def alike(piece: Any, limit: int = MOST_ALIKE) -> Sequence[Offered]:
    """Pieces for sale like this one: the same style first, then category and colour, then near in price."""
    price = piece.price_minor if piece.price_minor is not None else piece.original_price_minor
    named = {"title": piece.title, "category": piece.category, "colour": piece.colour}
    rows = db.session.execute(_ALIKE, {**named, "price": price, "id": piece.id, "limit": limit})
    return [shown(row, PictureFile.read(*row[-4:])) for row in rows]
