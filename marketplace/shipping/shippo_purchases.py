"""Buying one label of Shippo's, once: accept a rate, write it down, buy at it, wait for it (faults L01, L02, L03)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import gettext as _
from shippo.models import operations

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.money import Money, format_money
from marketplace.shipping import shippo_rates
from marketplace.shipping.carrier import CarrierRefusal, LabelAnswer, LabelRequest
from marketplace.shipping.label_fetching import LabelNotFetched, fetch_label
from marketplace.shipping.models import AcceptedRate
from marketplace.shipping.shippo_objects import (
    FAILED,
    TAKEN_BACK,
    WAITING,
    Rate,
    Shipment,
    Transaction,
    Unreadable,
    read,
    read_page,
    words_of,
)
from marketplace.shipping.shippo_requests import metadata, purchase_asked_for, shipment_asked_for
from marketplace.shipping.shippo_services import ServiceLevel, service_level
from marketplace.shipping.shippo_wire import ShippoRefused, Wire
from marketplace.shipping.track_objects import visible

LONGEST_LINK, LONGEST_NUMBER = 500, 60


@dataclass(frozen=True)
class Purchase:
    """One label under one key. ``pauses`` are the seconds between the looks at a label that is being written."""

    wire: Wire
    request: LabelRequest
    key: str
    pauses: Sequence[float]

    def buy(self) -> LabelAnswer | CarrierRefusal:
        """The label under this key: the one bought before where there is one, else one bought now."""
        if (known := self.look_up()) is not None:
            return known
        level = service_level(self.request.carrier, self.request.service)
        if level is None:
            return CarrierRefusal("service", f"{self.request.carrier}, {self.request.service}: not known to Shippo")
        accepted = self._rate_to_buy_at(level)
        return accepted if isinstance(accepted, CarrierRefusal) else self._buy_at(accepted)

    def look_up(self) -> LabelAnswer | CarrierRefusal | None:
        """What became of the purchases under this key, newest first; every rate that was ordered is asked about.

        None only once an unanswered purchase has had its time (``SETTLING``): until then it may still be at work.
        """
        ordered = [rate for rate in shippo_rates.accepted_rates(self.key) if rate.ordered_at is not None]
        with _bought_perhaps():
            for rate in ordered:
                if (transaction := self._find(rate)) is not None:
                    return self._outcome(transaction, rate)
        if any(shippo_rates.is_settling(rate) for rate in ordered):
            raise OutcomeUnknown("the purchase may still be under way")
        return None

    # The rate --------------------------------------------------------------------------------------------------------

    def _rate_to_buy_at(self, level: ServiceLevel) -> AcceptedRate | CarrierRefusal:
        known = shippo_rates.accepted_rates(self.key)
        if known and shippo_rates.is_valid(known[0]):
            return known[0]
        shipment = self._quote()
        if isinstance(shipment, CarrierRefusal):
            return shipment
        chosen = self._cheapest(shipment, level)
        if isinstance(chosen, CarrierRefusal):
            return chosen
        rate, cost = chosen
        if known and shippo_rates.rises_too_much(known[-1].cost, cost):
            return CarrierRefusal("price", _price_words(known[-1].cost, cost))
        return shippo_rates.remember(key=self.key, rate_ref=rate.object_id, shipment_ref=shipment.object_id, cost=cost)

    def _quote(self) -> Shipment | CarrierRefusal:
        try:
            wish = shipment_asked_for(self.request, self.key)
            shipment = read(self.wire.ask(lambda sdk: sdk.shipments.create(wish)), Shipment)
            return self._rated(shipment)
        except ShippoRefused as no:
            return CarrierRefusal("address", no.words)
        except Unreadable as trouble:
            raise NotDone(f"unreadable shipment: {trouble}") from None

    def _rated(self, shipment: Shipment) -> Shipment:
        """The shipment once its carriers have named their prices, or as far as they have got."""
        for pause in self.pauses:
            if shipment.rates or shipment.status not in WAITING:
                break
            time.sleep(pause)
            shipment = self._shipment_again(shipment.object_id)
        return shipment

    def _shipment_again(self, shipment_ref: str) -> Shipment:
        return read(self.wire.ask(lambda sdk: sdk.shipments.get(shipment_ref)), Shipment)

    def _cheapest(self, shipment: Shipment, level: ServiceLevel) -> tuple[Rate, Money] | CarrierRefusal:
        """The service's rate in our currency. Nothing at all from its carrier may be an outage: asked again later."""
        priced = [(rate, rate.price(self.request.currency)) for rate in shipment.readable_rates]
        fitting = [(rate, cost) for rate, cost in priced if rate.token == level.token and cost is not None]
        if fitting:
            return min(fitting, key=lambda one: one[1].minor)
        words = words_of(shipment.messages)
        for address in shipment.invalid_addresses:
            return CarrierRefusal("address", address.objection or words or _("The carrier does not know this address."))
        if any(rate.token.startswith(f"{level.carrier}_") for rate, _cost in priced):
            return CarrierRefusal("service", words or _("The carrier does not offer this service there."))
        raise NotDone(words or "no rates")

    # The purchase ----------------------------------------------------------------------------------------------------

    def _buy_at(self, rate: AcceptedRate) -> LabelAnswer | CarrierRefusal:
        if not shippo_rates.begin_order(rate):
            raise OutcomeUnknown("somebody else is buying it")
        wish = purchase_asked_for(rate, self.request)
        try:
            answer = self.wire.ask(lambda sdk: sdk.transactions.create(wish), costs=True)
        except NotDone:
            shippo_rates.forget_order(rate)
            raise
        except ShippoRefused as no:
            shippo_rates.forget_order(rate)
            return CarrierRefusal("service", no.words)
        with _bought_perhaps():
            return self._outcome(read(answer, Transaction), rate)

    def _find(self, rate: AcceptedRate) -> Transaction | None:
        """The transaction at a rate: a label before one that is being written, and that before a failure."""
        wish = operations.ListTransactionsRequest(rate=rate.rate_ref)
        found = read_page(self.wire.ask(lambda sdk: sdk.transactions.list(wish)), Transaction)
        mine = [one for one in found if self._is_at(one, rate)]
        return min(mine, key=lambda one: (not one.is_label, one.status in FAILED), default=None)

    def _is_at(self, transaction: Transaction, rate: AcceptedRate) -> bool:
        """Whether it is ours, whatever else a list may hold."""
        if transaction.rate_ref is not None:
            return transaction.rate_ref == rate.rate_ref
        return bool(transaction.metadata == metadata(self.request, self.key))

    def _outcome(self, transaction: Transaction, rate: AcceptedRate) -> LabelAnswer | CarrierRefusal:
        for pause in self.pauses:
            if transaction.is_label or transaction.status in FAILED | TAKEN_BACK:
                break
            time.sleep(pause)
            transaction = self._again(transaction.object_id)
        if transaction.is_label:
            return self._label(transaction, rate)
        words = words_of(transaction.messages)
        if transaction.status in FAILED | TAKEN_BACK:
            return CarrierRefusal("service", words or str(transaction.status))
        raise OutcomeUnknown(f"{transaction.object_id} is {transaction.status}")

    def _again(self, transaction_ref: str) -> Transaction:
        return read(self.wire.ask(lambda sdk: sdk.transactions.get(transaction_ref)), Transaction)

    def _label(self, transaction: Transaction, rate: AcceptedRate) -> LabelAnswer:
        level = service_level(self.request.carrier, self.request.service)
        assert level is not None
        document = fetch_label(transaction.label_url or "", on_this_machine=self.wire.is_on_this_machine)
        return LabelAnswer(
            carrier=level.carrier,
            service=self.request.service,
            tracking_number=visible(transaction.tracking_number or "", LONGEST_NUMBER).replace(" ", ""),
            tracking_url=_link(transaction.tracking_url_provider),
            label_pdf=document,
            cost=rate.cost,
            provider_ref=transaction.object_id,
        )


@contextmanager
def _bought_perhaps() -> Iterator[None]:
    """Within it a label may have been paid: no trouble may say that nothing happened."""
    try:
        yield
    except (NotDone, ShippoRefused, Unreadable, LabelNotFetched) as trouble:
        raise OutcomeUnknown(f"{type(trouble).__name__}: {trouble}"[:300]) from None


def _link(url: str | None) -> str:
    """A link for pages and letters; anything but https is none."""
    whole = url or ""
    sound = whole.startswith("https://") and len(whole) <= LONGEST_LINK and whole.isascii() and whole.isprintable()
    return whole if sound else ""


def _price_words(before: Money, now: Money) -> str:
    words = _(
        "The label costs %(now)s now; %(before)s was accepted.", now=format_money(now), before=format_money(before)
    )
    return str(words)
