"""Giving a label of Shippo's back: asked for once, then looked up until its carrier has decided (fault L09)."""

from __future__ import annotations

from flask_babel import gettext as _

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.shipping.carrier import Cancellation, CancellationPending, CarrierRefusal, LabelVoided
from marketplace.shipping.shippo_objects import (
    FAILED,
    REFUND_REJECTED,
    TAKEN_BACK,
    Refund,
    Transaction,
    Unreadable,
    read,
    read_page,
)
from marketplace.shipping.shippo_wire import ShippoRefused, Wire

DONE = "SUCCESS"


def give_back(wire: Wire, transaction_ref: str) -> Cancellation:
    """Ask for the price of an unused label, unless that was asked before."""
    if (known := look_up(wire, transaction_ref)) is not None:
        return known
    try:
        answer = wire.ask(lambda sdk: sdk.refunds.create(transaction_ref, async_=False), costs=True)
        return _read_refund(read(answer, Refund))
    except ShippoRefused as no:
        return look_up(wire, transaction_ref) or CarrierRefusal("used", no.words)
    except Unreadable as trouble:
        raise OutcomeUnknown(f"unreadable refund: {trouble}") from None


def look_up(wire: Wire, transaction_ref: str) -> Cancellation | None:
    """What became of the refund; None where none was asked for.

    Newest refunds are on the list's first page, with their names. An older one is known by its transaction's status.
    """
    try:
        refunds = read_page(wire.ask(lambda sdk: sdk.refunds.list()), Refund)
        mine = [refund for refund in refunds if refund.transaction == transaction_ref]
        if mine:
            return _read_refund(min(mine, key=lambda refund: refund.status in FAILED))
        return _read_status(read(wire.ask(lambda sdk: sdk.transactions.get(transaction_ref)), Transaction))
    except (ShippoRefused, Unreadable) as trouble:
        raise NotDone(f"the refund cannot be looked up: {trouble}"[:300]) from None


def _read_refund(refund: Refund) -> Cancellation:
    if refund.status == DONE:
        return LabelVoided(refund.object_id)
    if refund.status in FAILED:
        return CarrierRefusal("used", _used())
    return CancellationPending(refund.object_id)


def _read_status(transaction: Transaction) -> Cancellation | None:
    ref = f"refund of {transaction.object_id}"
    if transaction.status == REFUND_REJECTED:
        return CarrierRefusal("used", _used())
    if transaction.status not in TAKEN_BACK:
        return None
    return CancellationPending(ref) if transaction.status == "REFUNDPENDING" else LabelVoided(ref)


def _used() -> str:
    return str(_("The carrier does not take the label back: it counts as used."))
