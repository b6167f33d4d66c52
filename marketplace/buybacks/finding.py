"""Loading buybacks: through their owner, or by number at the desk."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.custody import owners_photos
from marketplace.custody.models import Way
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings.models import ListingPhoto
from marketplace.people.models import Person


def numbered(number: str) -> Buyback:
    """The buyback of that number; else ``NotFound``."""
    found = db.session.scalar(sa.select(Buyback).where(Buyback.number == number))
    if found is None:
        raise NotFound()
    return found


def own(number: str, person: Person) -> Buyback:
    """The same where it is this person's."""
    found = numbered(number)
    if found.owner_id != person.id:
        raise NotFound()
    return found


def of(person: Person) -> Sequence[Buyback]:
    """Everything this person has offered us, the latest first."""
    return db.session.scalars(sa.select(Buyback).where(Buyback.owner_id == person.id).order_by(Buyback.id.desc())).all()


def waiting_in(*states: BuybackState, most: int = 200) -> Sequence[Buyback]:
    """The buybacks in these states, whose deadline comes first in front."""
    query = sa.select(Buyback).where(Buyback.state.in_(states), Buyback.consigned_piece_id.is_(None))
    return db.session.scalars(query.order_by(Buyback.due_at, Buyback.id).limit(most)).all()


def to_come(way: Way, *, most: int = 200) -> Sequence[Buyback]:
    """The pieces whose quote was accepted and that are to come in this way."""
    query = sa.select(Buyback).where(Buyback.way == way, Buyback.state == BuybackState.ACCEPTED)
    return db.session.scalars(query.order_by(Buyback.collect_on, Buyback.id).limit(most)).all()


def of_item(item_id: int) -> Buyback | None:
    """The buyback by which a piece became ours, where it did."""
    bought = sa.select(Buyback).where(Buyback.item_id == item_id, Buyback.bought_at.is_not(None))
    return db.session.scalar(bought.order_by(Buyback.id.desc()).limit(1))


def photos_of_owner(buyback: Buyback) -> Sequence[ListingPhoto]:
    """The photos its owner sent with the request; of a piece that we were to sell for her, with that one."""
    since = buyback.submitted_at if buyback.consigned_piece_id is None else None
    return owners_photos.of(buyback.item_id, buyback.owner_id, since=since)
