"""From the label to our hands: the carrier's scan makes a piece ours to answer for (NAP-18), the desk ticks it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.buybacks import waiting
from marketplace.buybacks.facts import BuybackReadyToCome
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.states import BuybackState
from marketplace.custody import inbound
from marketplace.custody.log import CARRIERS, put, take_in
from marketplace.database import db
from marketplace.events import CARRIER
from marketplace.people.models import Person
from marketplace.shipping import facts as shipping
from marketplace.shipping import parcels


def news(fact: shipping.InboundNews) -> None:
    """What the carrier says of a parcel that comes to us, where a piece we are to buy is in it."""
    buyback = db.session.scalar(sa.select(Buyback).where(Buyback.number == fact.number))
    if buyback is None:
        return
    if isinstance(fact.news, shipping.LabelBought):
        events.announce(BuybackReadyToCome(buyback.id, fact.news.at))
    elif isinstance(fact.news, inbound.MOVES):
        _scanned(locked(buyback), fact.news.at)


def _scanned(buyback: Buyback, at: datetime) -> None:
    """The first scan takes the risk from its owner; each further one puts off the moment at which it counts as lost."""
    if buyback.state is BuybackState.ACCEPTED:
        put(buyback.tag, CARRIERS, by=None, at=at)
        move(buyback, "scan", by=CARRIER, at=at)
    elif buyback.state is BuybackState.INBOUND:
        waiting.wait(buyback, at=at)


def sweep_label_late(buyback_ids: Sequence[int], at: datetime) -> None:
    """The hours of the promise are over."""
    for buyback in db.session.scalars(sa.select(Buyback).where(Buyback.id.in_(buyback_ids))):
        inbound.alarm_without_label(buyback, at=at)


def receive(buyback: Buyback, *, place: str, by: Person, at: datetime) -> None:
    """Tick a piece that lies before us, and say where it goes. Raises ``CannotReceiveBought``."""
    buyback = locked(buyback)
    store = handed_over_at(buyback)
    move(buyback, "receive", by=by, at=at)
    take_in(buyback.tag, place, store=store, by=by, at=at)


def handed_over_at(buyback: Buyback) -> str | None:
    """The store to which its owner brings it; nothing once it is on its way."""
    return buyback.store_name if buyback.state is BuybackState.ACCEPTED else None


def store(buyback: Buyback, *, place: str, by: Person, at: datetime) -> None:
    """Write down that a piece in our care lies somewhere else now."""
    put(buyback.tag, place, by=by, at=at)


def by_tag(tag: str) -> Buyback | None:
    """What a scanner reads: the number on the tag, or the tracking number of the parcel."""
    said = tag.strip().upper()
    numbers = (said, parcels.inbound_by_tracking(said))
    return db.session.scalar(sa.select(Buyback).where(Buyback.number.in_([one for one in numbers if one])))
