"""Shippo behind the carrier's port: shipment → rate → transaction, found again by the rate.

Only a transaction and a refund cost anything. Before either is asked for a second time, Shippo is asked what became of
the first (fault L01). Everything else may be asked again at will. ``docs/integrations.md`` lists each operation.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from flask_babel import gettext as _

from marketplace.jobs.outbox import NotDone
from marketplace.shipping import shippo_refunds
from marketplace.shipping.carrier import (
    AddressVerdict,
    Cancellation,
    CarrierRefusal,
    LabelAnswer,
    LabelRequest,
    TrackingReport,
)
from marketplace.shipping.postal import PostalAddress
from marketplace.shipping.shippo_objects import Address, Unreadable, read
from marketplace.shipping.shippo_purchases import Purchase
from marketplace.shipping.shippo_requests import address_asked_for
from marketplace.shipping.shippo_wire import ShippoRefused, Wire
from marketplace.shipping.track_objects import NotATrack, read_track

log = logging.getLogger(__name__)

WORK_SECONDS, PAGE_SECONDS = 25.0, 5.0  # a worker is patient; a page with a person before it is not
POLL_PAUSES = (0.5, 1.0, 2.0, 3.0)  # seconds; after them the outbox asks again, with growing pauses (fault L02)


class ShippoCarrier:
    """The port's implementation on Shippo's API at ``base``."""

    def __init__(self, *, token: str, base: str, pauses: Sequence[float] = POLL_PAUSES) -> None:
        self._work = Wire(token=token, base=base, seconds=WORK_SECONDS)
        self._page = Wire(token=token, base=base, seconds=PAGE_SECONDS)
        self._pauses = pauses

    def buy_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal:
        return Purchase(self._work, request, key, self._pauses).buy()

    def look_up_label(self, request: LabelRequest, key: str) -> LabelAnswer | CarrierRefusal | None:
        return Purchase(self._work, request, key, self._pauses).look_up()

    def cancel_label(self, provider_ref: str, key: str) -> Cancellation:
        return shippo_refunds.give_back(self._work, provider_ref)

    def look_up_cancellation(self, provider_ref: str, key: str) -> Cancellation | None:
        return shippo_refunds.look_up(self._work, provider_ref)

    def track(self, carrier: str, tracking_number: str) -> list[TrackingReport]:
        """An answer about another number is let go (fault L07)."""
        number, token = quote(tracking_number, safe=""), quote(carrier.lower(), safe="")
        try:
            track = read_track(self._work.ask(lambda sdk: sdk.tracking_status.get(number, token)))
        except ShippoRefused:
            return []
        except NotATrack as trouble:
            raise NotDone(f"unreadable track: {trouble}") from None
        if (track.carrier, track.tracking_number) != (carrier.lower(), tracking_number):
            log.warning("tracking of a parcel that was not asked about", extra={"carrier": track.carrier})
            return []
        return track.reports

    def check_address(self, address: PostalAddress) -> AddressVerdict:
        wish = address_asked_for(address)
        try:
            found = read(self._page.ask(lambda sdk: sdk.addresses.create(wish)), Address)
        except ShippoRefused as no:
            return AddressVerdict(False, no.words)
        except Unreadable as trouble:
            raise NotDone(f"unreadable address: {trouble}") from None
        if found.is_invalid:
            return AddressVerdict(False, found.objection or _("The carrier does not know this address."))
        return AddressVerdict(True, suggestion=_as_written(found, address))

    def trouble(self) -> str:
        try:
            self._page.ask(lambda sdk: sdk.refunds.list())
        except (ShippoRefused, NotDone) as trouble:
            return str(trouble)
        return ""


def _as_written(found: Address, asked: PostalAddress) -> PostalAddress:
    """Our address with whatever Shippo would write another way."""
    return PostalAddress(
        name=asked.name,
        line1=found.street1 or asked.line1,
        line2=found.street2 or "",
        city=found.city or asked.city,
        region=found.state or asked.region,
        postcode=found.zip or asked.postcode,
        country=found.country or asked.country,
        phone=asked.phone,
    )
