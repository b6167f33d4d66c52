"""What speaks for a sale before a bank: filled in from the order, corrected by an agent, with files."""

from __future__ import annotations

from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import db
from marketplace.disputes.chargebacks import fee_of, orders_of
from marketplace.errors import Refusal
from marketplace.orders.models import Order
from marketplace.payments import chargebacks
from marketplace.payments.chargeback_models import CannotAnswerBank, Chargeback, EvidenceFile
from marketplace.people.models import Person
from marketplace.shipping import parcels

# By the provider's field: what each text and each file proves.
TEXTS: dict[str, LazyString] = {
    "product_description": _l("What was sold"),
    "customer_name": _l("The buyer's name"),
    "customer_email_address": _l("The buyer's e-mail"),
    "shipping_address": _l("Where it was sent"),
    "shipping_carrier": _l("Carrier"),
    "shipping_tracking_number": _l("Tracking number"),
    "shipping_date": _l("Day it was sent"),
    "uncategorized_text": _l("Anything else the bank should know"),
}
FILES: dict[str, LazyString] = {
    "shipping_documentation": _l("Proof of the delivery"),
    "customer_communication": _l("What the buyer wrote"),
    "receipt": _l("Receipt"),
    "uncategorized_file": _l("Anything else"),
}
MOST_BYTES = 4_500_000  # the provider takes so much of all files together
# Media types the provider takes, by how such a file begins.
KINDS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


class NotThatFile(Refusal):
    message = _l("Send a PDF, a JPEG or a PNG; all files together may have 4.5 megabytes.")
    status = 422


def proposed(chargeback: Chargeback) -> dict[str, str]:
    """The texts as the orders of the payment tell them; an agent reads them before they go."""
    orders = orders_of(chargeback)
    if (bill := fee_of(chargeback)) is not None:
        return {"product_description": f"{bill.number}: {bill.title}, {bill.amount.plain} {bill.currency}"}
    checkout, sent = orders[0].checkout, [parcels.parcel_of(order.id) for order in orders]
    to = checkout.ship_to
    address = [to.get(key) for key in ("name", "line1", "line2", "city", "region", "postcode", "country")]
    return {
        "product_description": "; ".join(_described(order) for order in orders),
        "customer_name": str(to.get("name") or ""),
        "customer_email_address": checkout.email,
        "shipping_address": ", ".join(str(line) for line in address if line),
        "shipping_carrier": ", ".join(sorted({parcel.carrier.upper() for parcel in sent if parcel and parcel.carrier})),
        "shipping_tracking_number": ", ".join(
            parcel.tracking_number for parcel in sent if parcel and parcel.tracking_number
        ),
        "shipping_date": ", ".join(f"{order.shipped_at:%Y-%m-%d}" for order in orders if order.shipped_at),
        "uncategorized_text": " ".join(
            f"{order.number} was delivered on {order.delivered_at:%Y-%m-%d}." for order in orders if order.delivered_at
        ),
    }


def _described(order: Order) -> str:
    return f"{order.number}: {order.as_sold['title']}, {order.price.plain} {order.currency}"


def add_file(
    chargeback: Chargeback, field: str, name: str, content: bytes, *, by: Person, at: datetime
) -> EvidenceFile:
    """Keep a file for the bank, in the place of another that proves the same.

    Raises ``CannotAnswerBank`` where none is waited for, ``NotThatFile`` for what the provider does not take.
    """
    db.session.refresh(chargeback, with_for_update=True)
    if not chargebacks.can_answer(chargeback):
        raise CannotAnswerBank()
    media_type = next((kind for start, kind in KINDS.items() if content.startswith(start)), None)
    others = [file for file in chargeback.files if file.field != field]
    size = len(content) + sum(len(file.content) for file in others)
    if field not in FILES or media_type is None or size > MOST_BYTES:
        raise NotThatFile()
    for file in set(chargeback.files) - set(others):
        db.session.delete(file)
    kept = EvidenceFile(
        chargeback_id=chargeback.id,
        field=field,
        name=name[-120:] or field,
        media_type=media_type,
        content=content,
        added_by_id=by.id,
        added_at=at,
    )
    db.session.add(kept)
    db.session.flush()
    db.session.expire(chargeback, ["files"])
    events.record(chargeback, "add_file", by=by, at=at, file_id=kept.id)
    return kept
