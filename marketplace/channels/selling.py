"""A sale elsewhere: taken if the piece is free, refused and cancelled there if it is not, sent, settled or undone.

It takes the piece by the claims a checkout takes it by, so that it is sold in one place only (NAP-15, BAL-05).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.channels import accounting, cancelling
from marketplace.channels.facts import CancelledElsewhere, CompletedElsewhere, SentElsewhere, SoldElsewhere
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import SaleReport
from marketplace.channels.states import RUNNING, SaleState, WhyRefused
from marketplace.database import db, insert_new, public_id
from marketplace.errors import LostRace
from marketplace.events import PROVIDER, HasActor
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.ledger import post
from marketplace.listings import withdrawing
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.orders import holds
from marketplace.people.models import Person
from marketplace.programme import versions

LOST = "lost"  # the reason of a cancellation whose parcel was lost


def note(report: SaleReport, *, at: datetime) -> ChannelSale:
    """Bring our sale to where the marketplace's stands, whatever came before, and however often this is told."""
    sale = _noticed(report, at)
    if sale.state is SaleState.NOTICED:
        _first_heard(sale, report, at)
    if report.completed_at is not None and sale.state in RUNNING:
        _complete(sale, at)
    if report.cancelled_at is not None:
        _cancelled(sale, report.reason, at)
    elif report.completed_at is not None and sale.state is SaleState.REFUSED:
        raise_alarm(AlarmKind.CHANNEL_SALE_STANDS, sale, at=at)
    return sale


def _noticed(report: SaleReport, at: datetime) -> ChannelSale:
    """Our row of this sale, made once, and held until the unit of work ends."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == report.listing, Listing.seller_id.is_(None)))
    row = {
        "number": public_id("X"),
        "outlet": report.outlet,
        "ref": report.ref,
        "state": SaleState.NOTICED,
        "listing_number": report.listing,
        "listing_id": listing.id if listing else None,
        "currency": report.price.currency,
        "price_minor": report.price.minor,
        "commission_minor": report.commission.minor,
        "due_minor": 0,
        "sold_at": report.sold_at,
        "noticed_at": at,
    }
    db.session.execute(insert_new(ChannelSale).values(row))
    mine = sa.select(ChannelSale).where(ChannelSale.outlet == report.outlet, ChannelSale.ref == report.ref)
    return db.session.scalars(mine.with_for_update().execution_options(populate_existing=True)).one()


def _first_heard(sale: ChannelSale, report: SaleReport, at: datetime) -> None:
    if report.stage == "cancelled":
        events.transition(sale, "pass_over", by=PROVIDER, at=at, sets=_ended(report.reason, at))
        return
    why = _objection(sale)
    if why is None and not _take(sale, at):
        why = WhyRefused.NOT_FREE
    if why is not None:
        events.transition(sale, "refuse", by=PROVIDER, at=at, sets={"refusal": why.value}, reason=why.value)
        cancelling.ask(sale, why, at=at)


def _objection(sale: ChannelSale) -> WhyRefused | None:
    """Why this sale could not be honoured even of a piece that is free."""
    channels = versions.current().policy.channels
    if not channels.is_on or channels.outlet(sale.outlet) is None:
        return WhyRefused.UNKNOWN_OUTLET
    if sale.listing is None:
        return WhyRefused.UNKNOWN_PIECE
    if sale.listing.currency != sale.currency:
        return WhyRefused.OTHER_CURRENCY
    return WhyRefused.BELOW_PRICE if sale.price_minor < (sale.listing.price_minor or 0) else None


def _take(sale: ChannelSale, at: datetime) -> bool:
    """The claims of a checkout: the hold, then the listing. False, and nothing taken, where somebody was first."""
    listing = db.session.get_one(Listing, sale.listing_id)
    try:
        with db.session.begin_nested():
            holds.claim(listing, channel_sale_id=sale.id, by=PROVIDER, at=at)
    except (NotAvailable, LostRace):
        return False
    sold = {"sold_at": at}
    events.transition(listing, "sell", by=PROVIDER, at=at, sets=sold, channel_sale_id=sale.id)
    event = events.transition(sale, "take", by=PROVIDER, at=at, sets={"due_minor": sale.net.minor})
    post(accounting.sold(sale, event, at))
    cancelling.withdraw(listing, at=at)
    events.announce(SoldElsewhere(sale.id, listing.id, at))
    return True


def send(sale: ChannelSale, *, by: Person, at: datetime) -> None:
    """The warehouse handed it to the channel's carrier. Raises ``CannotSend``."""
    events.transition(sale, "send", by=by, at=at, sets={"sent_at": at})
    events.announce(SentElsewhere(sale.id, sale.listing_id or 0, by.id, at))


def give_up(sale: ChannelSale, *, by: Person, at: datetime) -> None:
    """The warehouse cannot send it: it is cancelled there, and the piece looked for. Raises ``CannotGiveUp``."""
    why = WhyRefused.NOT_FOUND
    changes = {"due_minor": sale.due_minor - sale.net.minor, "refusal": why.value}
    event = events.transition(sale, "give_up", by=by, at=at, sets=changes)
    post(accounting.cancelled(sale, event, at))
    _let_go(sale, by=by, is_lost=False, at=at)
    cancelling.ask(sale, why, at=at)


def _complete(sale: ChannelSale, at: datetime) -> None:
    event = events.transition(sale, "complete", by=PROVIDER, at=at, sets={"closed_at": at})
    post(accounting.settled(sale, event, at))
    listing = db.session.get_one(Listing, sale.listing_id)
    holds.release_channel(sale.id, at=at)
    listing.item.owner_id = None  # its new owner is nobody we know
    events.announce(CompletedElsewhere(sale.id, listing.id, at))


def _cancelled(sale: ChannelSale, reason: str, at: datetime) -> None:
    """Undo what stands of it here: harmless where it is over already."""
    ended = _ended(reason, at)
    if sale.state in RUNNING:
        ended["due_minor"] = sale.due_minor - sale.net.minor
        event = events.transition(sale, "cancel", by=PROVIDER, at=at, sets=ended)
        post(accounting.cancelled(sale, event, at))
        _let_go(sale, by=PROVIDER, is_lost=reason == LOST, at=at)
    elif sale.state is SaleState.COMPLETED:
        ended["due_minor"] = sale.due_minor - sale.net.minor
        event = events.transition(sale, "return", by=PROVIDER, at=at, sets=ended)
        post(accounting.returned(sale, event, at))
        withdrawing.take_back(db.session.get_one(Listing, sale.listing_id), by=PROVIDER, at=at)
    elif sale.state is SaleState.REFUSED:
        cancelling.called_off(sale, at=at)


def _let_go(sale: ChannelSale, *, by: HasActor, is_lost: bool, at: datetime) -> None:
    listing = db.session.get_one(Listing, sale.listing_id)
    holds.release_channel(sale.id, at=at)
    if not is_lost and listing.state is ListingState.SOLD:
        withdrawing.take_back(listing, by=by, at=at)
    events.announce(CancelledElsewhere(sale.id, listing.id, is_lost, at))


def _ended(reason: str, at: datetime) -> dict[str, object]:
    return {"closed_at": at, "end_reason": reason or None}
