"""What the tax service is told: each sale once the money is here, each refund as far as it goes (fault B16).

Both are rows of the outbox, written with the capture or the refund itself. A gift card handed out for a settlement is
no sale and is told to nobody.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.jobs.outbox import Done, NotDone, OutboxRow, OutboxState, Refused
from marketplace.money import Money
from marketplace.orders import tax
from marketplace.orders.models import Order
from marketplace.orders.tax import LineTax, RecordedSale, TaxedSale, TaxRefused, TaxReversal

RECORD = "tax_record"
REVERSE = "tax_reversal"


def line_tax(order: Order) -> LineTax:
    """The order's tax, on its price and on its shipping; in proportion where the quote does not say."""
    said = tax.quoted(order.checkout.tax_quote, order.listing.number)
    if said is not None:
        return said
    on_price, on_shipping = order.tax.split([order.price_minor, order.shipping_minor])
    return LineTax(on_price.minor, on_shipping.minor)


def tax_on_refunded(order: Order, refunded_price_minor: int) -> int:
    """The tax that has gone back when so much of the price has, in minor units.

    Counted on all that went back, not part by part: several parts never lose a cent (fault B16).
    """
    on_price = Money(line_tax(order).on_price_minor, order.currency)
    return on_price.split([refunded_price_minor, order.price_minor - refunded_price_minor])[0].minor


def record_sale(order: Order, *, at: datetime) -> None:
    """Tell the tax service of a paid order, where it was the one that quoted."""
    if calculation := line_tax(order).calculation:
        request = {
            "adapter": order.checkout.tax_quote["adapter"],
            "reference": order.number,
            "calculation": calculation,
            "tax_minor": order.tax_minor,
        }
        outbox.enqueue(RECORD, key=f"tax:{order.number}", subject=order, request=request, at=at)


def reverse_sale(
    order: Order,
    *,
    part: str,
    price_minor: int,
    price_tax_minor: int,
    shipping_minor: int = 0,
    shipping_tax_minor: int = 0,
    at: datetime,
) -> None:
    """Tell the tax service what goes back of a recorded order; ``part`` is the refund's own name within the order."""
    if not line_tax(order).calculation:
        return
    reversal = TaxReversal(
        reference=f"{order.number}-{part}",
        price_minor=price_minor,
        price_tax_minor=price_tax_minor,
        shipping_minor=shipping_minor,
        shipping_tax_minor=shipping_tax_minor,
    )
    request = {"adapter": order.checkout.tax_quote["adapter"], **dataclasses.asdict(reversal)}
    outbox.enqueue(REVERSE, key=f"tax:{reversal.reference}", subject=order, request=request, at=at)


def tell_again(order: Order, *, at: datetime) -> None:
    """Another try at what the tax service refused, under new keys, once the cause is mended.

    The references stay, so nothing can stand in its books twice.
    """
    for kind in (RECORD, REVERSE):
        rows = outbox.rows_of(order, kind)
        done = {row.request["reference"] for row in rows if row.state is not OutboxState.REFUSED}
        for reference, request in {row.request["reference"]: row.request for row in rows}.items():
            if reference not in done:
                tries = sum(row.request["reference"] == reference for row in rows)
                outbox.enqueue(kind, key=f"tax:{reference}:{tries}", subject=order, request=request, at=at)


# Carrying out --------------------------------------------------------------------------------------------------------


class SaleRecording:
    """Carries out ``tax_record``. There is nothing to look up by at the service: asking again with the same key is."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        _check_adapter(row)
        asked = row.request
        try:
            sale = tax.adapter().record(TaxedSale(asked["reference"], asked["calculation"]), row.key)
        except TaxRefused as no:
            return Refused(str(no))
        return Done(dataclasses.asdict(sale))

    def look_up(self, row: OutboxRow) -> None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        """A sale that is not in the tax service's books with the tax we took is a case for the desk."""
        if isinstance(outcome, Refused):
            _alarm(row, at, outcome.reason)
        elif outcome.answer["tax_minor"] != row.request["tax_minor"]:
            _alarm(row, at, f"recorded {outcome.answer['tax_minor']}, taken {row.request['tax_minor']}")


class SaleReversing:
    """Carries out ``tax_reversal``, after the sale itself has been recorded."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        _check_adapter(row)
        sale = _recorded(row.subject_id)
        if isinstance(sale, Refused):
            return sale
        fields = {field.name: row.request[field.name] for field in dataclasses.fields(TaxReversal)}
        try:
            return Done({"transaction": tax.adapter().reverse(sale, TaxReversal(**fields), row.key)})
        except TaxRefused as no:
            return Refused(str(no))

    def look_up(self, row: OutboxRow) -> None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        if isinstance(outcome, Refused):
            _alarm(row, at, outcome.reason)


def _check_adapter(row: OutboxRow) -> None:
    """What one service quoted no other can record: it waits until that one is configured again."""
    if row.request["adapter"] != tax.adapter().name:
        raise NotDone(f"quoted by {row.request['adapter']}, and TAX={tax.adapter().name}")


def _recorded(order_id: int) -> RecordedSale | Refused:
    """The sale as it was recorded; raises ``NotDone`` while that has not been answered."""
    with unit_of_work(reading=True) as session:
        rows = outbox.rows_of(session.get_one(Order, order_id), RECORD)
        answers = [_answer_of(row) for row in rows if row.state is OutboxState.DONE]
        refused = bool(rows) and all(row.state is OutboxState.REFUSED for row in rows)
    if answers:
        return answers[0]
    if refused:
        return Refused("the sale was never recorded")
    raise NotDone("the sale is not recorded yet")


def _answer_of(row: OutboxRow) -> RecordedSale:
    answer: dict[str, Any] = row.answer or {}
    return RecordedSale(**answer)


def _alarm(row: OutboxRow, at: datetime, why: str) -> None:
    raise_alarm(AlarmKind.TAX_NOT_RECORDED, db.session.get_one(Order, row.subject_id), at=at, why=why)
