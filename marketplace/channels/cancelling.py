"""What we ask of the marketplaces, through the outbox: cancel a sale, take a piece off everywhere."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.channels import connecting
from marketplace.channels.models import ChannelSale
from marketplace.channels.port import CancellationRefused, channel
from marketplace.channels.states import SaleState, WhyRefused
from marketplace.database import db
from marketplace.events import PROVIDER
from marketplace.jobs import outbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, OutboxRow, Refused
from marketplace.listings.models import Listing

CANCEL = "channel_cancel"
WITHDRAW = "channel_withdraw"


def ask(sale: ChannelSale, why: WhyRefused, *, at: datetime) -> None:
    """Have the sale cancelled there. The key is the sale's: however often it is asked, it is cancelled once."""
    request = {"outlet": sale.outlet, "ref": sale.ref, "reason": why.value}
    outbox.enqueue(CANCEL, key=f"channel-cancel:{sale.number}", subject=sale, request=request, at=at)


def withdraw(listing: Listing, *, at: datetime) -> None:
    """Take the piece off every marketplace now, not when they fetch the feed next. Members' pieces and drafts were
    never there.
    """
    if listing.seller_id is None and listing.live_at is not None and connecting.is_open():
        key = f"channel-withdraw:{listing.number}"
        outbox.enqueue(WITHDRAW, key=key, subject=listing, request={"listing": listing.number}, at=at)


def called_off(sale: ChannelSale, *, at: datetime) -> None:
    """The marketplace has cancelled what we could not honour; harmless where that is known."""
    if sale.state is SaleState.REFUSED:
        events.transition(sale, "call_off", by=PROVIDER, at=at, sets={"closed_at": at})


class Cancellations:
    """How the outbox has a sale cancelled."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        asked = row.request
        try:
            channel().cancel(asked["outlet"], asked["ref"], reason=asked["reason"], key=row.key)
        except CancellationRefused as trouble:
            return Refused(str(trouble))
        return Done()

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        there = channel().find(row.request["outlet"], row.request["ref"])
        return Done() if there is not None and there.cancelled_at is not None else None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        sale = db.session.get_one(ChannelSale, row.subject_id, with_for_update=True)
        if isinstance(outcome, Done):
            called_off(sale, at=at)
        else:
            raise_alarm(AlarmKind.CHANNEL_SALE_STANDS, sale, at=at, why=outcome.reason[:200])


class Withdrawals:
    """How the outbox takes a piece off the marketplaces. It may be asked again as often as it takes."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        channel().withdraw(row.request["listing"])
        return Done()

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        """Nothing to write down: what was asked is done."""
