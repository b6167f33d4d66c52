"""Buying labels through the outbox, and what they cost us in the books."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from marketplace import events, shapes
from marketplace.database import db, unit_of_work
from marketplace.events import CARRIER, Event
from marketplace.jobs.outbox import Done, OutboxRow, Refused
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.shipping import parcels, watching
from marketplace.shipping.carrier import CarrierRefusal, LabelAnswer, LabelRequest, current_carrier
from marketplace.shipping.facts import LabelBought, LabelRefused, tell
from marketplace.shipping.locking import lock_parcel
from marketplace.shipping.models import Parcel, ParcelState

_FACTS = ("carrier", "service", "tracking_number", "tracking_url", "provider_ref")


class LabelPurchases:
    """How the outbox buys a label. Addresses stand on the label, so it rides along sealed and is kept in no answer."""

    def perform(self, row: OutboxRow) -> Done | Refused:
        if _was_cancelled(row.subject_id):
            return Refused("cancelled before it was bought")
        return _outcome(current_carrier().buy_label(_request(row), row.key))

    def look_up(self, row: OutboxRow) -> Done | Refused | None:
        answer = current_carrier().look_up_label(_request(row), row.key)
        return None if answer is None else _outcome(answer)

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        parcel = lock_parcel(row.subject_id)
        if isinstance(outcome, Done):
            _keep_label(parcel, outcome, at)
        elif parcel.state is ParcelState.LABEL_WANTED:
            events.transition(parcel, "refuse_label", by=CARRIER, at=at)
            tell(parcel, LabelRefused(parcel.id, parcel.order_id, outcome.reason, at))


def _request(row: OutboxRow) -> LabelRequest:
    return shapes.convert(row.request, LabelRequest)


def _was_cancelled(parcel_id: int) -> bool:
    with unit_of_work(reading=True):
        return db.session.get_one(Parcel, parcel_id).state is ParcelState.CANCELLED


def _outcome(answer: LabelAnswer | CarrierRefusal) -> Done | Refused:
    if isinstance(answer, CarrierRefusal):
        return Refused(answer.words, {"code": answer.code})
    facts: dict[str, Any] = {name: getattr(answer, name) for name in _FACTS}
    facts |= {"cost_minor": answer.cost.minor, "currency": answer.cost.currency}
    return Done(facts, {"label_pdf": base64.b64encode(answer.label_pdf).decode()})


def _keep_label(parcel: Parcel, bought: Done, at: datetime) -> None:
    """Put the label into its parcel. One that was cancelled while the label was bought gives it straight back."""
    kept = {**bought.answer, "label_pdf": base64.b64decode(bought.secrets["label_pdf"])}
    if parcel.state is ParcelState.LABEL_WANTED:
        event = events.transition(parcel, "buy_label", by=CARRIER, at=at, sets=kept)
        post_postage(parcel, event, "postage", at, sign=1)
        watching.watch(parcel, at=at)
        tell(parcel, LabelBought(parcel.id, parcel.order_id, at))
        return
    for name, value in kept.items():
        setattr(parcel, name, value)
    event = events.record(parcel, "buy_label_too_late", by=CARRIER, at=at)
    post_postage(parcel, event, "postage", at, sign=1)
    parcels.void_label(parcel, at=at)


def post_postage(parcel: Parcel, event: Event, kind: str, at: datetime, *, sign: int) -> None:
    """Postage is an expense owed to the carrier; a label given back takes it out again."""
    cost = Money(sign * (parcel.cost_minor or 0), parcel.currency or "")
    lines = (
        Line(Account.POSTAGE, cost, order_id=parcel.order_id),
        Line(Account.CARRIER_PAYABLE, -cost, order_id=parcel.order_id),
    )
    posting = Posting(kind, parcel, event, at, parcel.order_number, lines)
    if cost:
        post(posting)
    else:
        events.paid(posting.key)  # A carrier's test account may charge nothing: then nothing is owed to the books.
