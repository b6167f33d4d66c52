"""The sandbox's carrier: sells real PDF labels without postage, keeps its own books, is clicked through its pages.

It remembers every label by our key: the same key is the same label. What it has to tell, it tells through the shop's
public webhook route (``sandbox_pages``) or when it is asked (``track``).

Streets it knows, in either address of a label:

=====================  ================================================================================================
``No Label Lane``      the label is refused for good: nobody delivers there
``Lost Answer Lane``   the label is sold, but the first answer never arrives; it is found by looking it up
``Busy Carrier Road``  the first two requests are turned away for now; the third is served
``Nowhere Street``     ``check_address`` says that the carrier does not know it
=====================  ================================================================================================
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import Any

import msgspec
import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.shipping import sandbox_tracking
from marketplace.shipping.carrier import (
    AddressVerdict,
    CarrierRefusal,
    LabelAnswer,
    LabelRequest,
    LabelVoided,
    TrackingReport,
)
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.sandbox_books import SandboxParcel
from marketplace.shipping.track_objects import read_track

PRICE_MINOR = 815
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)

NO_LABEL, LOST_ANSWER, BUSY, NOWHERE = "no label lane", "lost answer lane", "busy carrier road", "nowhere street"
BUSY_FOR = 2


def _lives(street: str, *addresses: PostalAddress) -> bool:
    return any(street in f"{address.line1} {address.line2}".lower() for address in addresses)


class SandboxCarrier:
    """The port's sandbox implementation. Each call is a unit of work of its own, as a call abroad would be."""

    def buy_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal:
        ends = (request.ship_from, request.ship_to)
        with unit_of_work():
            row = _row(request, key)
            row.times_asked += 1
            busy = _lives(BUSY, *ends) and row.times_asked <= BUSY_FOR
            answer = None if busy else _answer(row, request)
        if answer is None:
            raise NotDone("the carrier is busy")
        if _lives(LOST_ANSWER, *ends) and row.times_asked == 1:
            raise OutcomeUnknown("no answer")
        return answer

    def look_up_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal | None:
        with unit_of_work(reading=True) as session:
            row = session.scalar(sa.select(SandboxParcel).where(SandboxParcel.key == key))
            return None if row is None or row.tracking_number is None else _label(row)

    def cancel_label(self, provider_ref: str, key: str) -> LabelVoided | CarrierRefusal:
        with unit_of_work():
            row = _by_ref(provider_ref)
            if sandbox_tracking.was_handed_over(row):
                return CarrierRefusal("used", _("This label has been used."))
            row.voided_at = row.voided_at or clock.now()
            return LabelVoided(_ref("refund", provider_ref))

    def look_up_cancellation(self, provider_ref: str, key: str) -> LabelVoided | CarrierRefusal | None:
        with unit_of_work(reading=True):
            return LabelVoided(_ref("refund", provider_ref)) if _by_ref(provider_ref).voided_at else None

    def track(self, carrier: str, tracking_number: str) -> list[TrackingReport]:
        with unit_of_work(reading=True) as session:
            row = session.scalar(sa.select(SandboxParcel).where(SandboxParcel.tracking_number == tracking_number))
            if row is None or carrier.lower() != sandbox_tracking.carrier_of(row):
                return []
            return read_track(msgspec.json.encode(sandbox_tracking.track_object(row))).reports

    def check_address(self, address: PostalAddress) -> AddressVerdict:
        if _lives(NOWHERE, address):
            return AddressVerdict(False, _("The carrier does not know this street."))
        return AddressVerdict(True, suggestion=address)

    def trouble(self) -> str:
        return ""


def _answer(row: SandboxParcel, request: LabelRequest) -> LabelAnswer | CarrierRefusal:
    if _lives(NO_LABEL, request.ship_from, request.ship_to):
        return CarrierRefusal("address", _("The carrier does not deliver to this address."))
    if row.tracking_number is None:
        _sell(row, request)
    return _label(row)


def _sell(row: SandboxParcel, request: LabelRequest) -> None:
    row.tracking_number = tracking_number(row.key, request.ship_from.country)
    row.tracking_url = f"{current_app.config['SETTINGS'].public_url}/sandbox/parcels/{row.tracking_number}"
    row.provider_ref = _ref("transaction", row.key)
    row.cost_minor, row.currency = PRICE_MINOR, request.currency
    row.label_pdf = _draw(request, row.tracking_number, row.tracking_url)
    sandbox_tracking.add_scan(row, "label", at=clock.now())


def _row(request: LabelRequest, key: str) -> SandboxParcel:
    row = db.session.scalar(sa.select(SandboxParcel).where(SandboxParcel.key == key).with_for_update())
    if row is None:
        asked: dict[str, Any] = msgspec.to_builtins(request)
        row = SandboxParcel(key=key, times_asked=0, request=asked)
        db.session.add(row)
        db.session.flush()
    return row


def _by_ref(provider_ref: str) -> SandboxParcel:
    return db.session.scalars(sa.select(SandboxParcel).where(SandboxParcel.provider_ref == provider_ref)).one()


def _ref(kind: str, of: str) -> str:
    return hashlib.sha256(f"{kind} {of}".encode()).hexdigest()[:32]


def tracking_number(key: str, country: str = "US") -> str:
    """A number as the post of that country prints it, with its check digit; always the same for a key.

    In the United States 22 figures, elsewhere two letters, nine figures and the country (S10 of the postal union).
    """
    drawn = str(int(hashlib.sha256(key.encode()).hexdigest(), 16))
    if country == "US":
        figures = "94001" + drawn[:16]
        threes = sum(int(figure) for figure in figures[-1::-2]) * 3
        return figures + str(-(threes + sum(int(figure) for figure in figures[-2::-2])) % 10)
    return f"RR{drawn[:8]}{s10_check_digit(drawn[:8])}{country}"


def s10_check_digit(serial: str) -> int:
    """The ninth figure of a number of the postal union's, by the eight before it."""
    rest = 11 - sum(int(figure) * weight for figure, weight in zip(serial, S10_WEIGHTS, strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def _label(row: SandboxParcel) -> LabelAnswer:
    return LabelAnswer(
        carrier=sandbox_tracking.carrier_of(row),
        service=row.request["service"],
        tracking_number=row.tracking_number or "",
        tracking_url=row.tracking_url or "",
        label_pdf=row.label_pdf or b"",
        cost=row.cost,
        provider_ref=row.provider_ref or "",
    )


def _draw(request: LabelRequest, number: str, url: str) -> bytes:
    # What draws a PDF weighs 20 MB: only a process that sells labels loads it, with the first of them.
    document = import_module("marketplace.shipping.label_document")
    contents = document.LabelContents(
        service=request.service,
        tracking_number=number,
        tracking_url=url,
        order_number=request.reference,
        sender=document.LabelAddress(request.ship_from.name, request.ship_from.lines),
        recipient=document.LabelAddress(request.ship_to.name, request.ship_to.lines),
        issued_at=request.wanted_at,
        notice=_("Sandbox label: no postage is paid with it."),
    )
    drawn: bytes = document.render_label(contents)
    return drawn
