"""The port on Stripe: hosted Checkout by redirect, cards only. docs/integrations.md lists every operation and its key.

Requests are made from what the attempt or the outbox row has stored, and from nothing else, so that the same key stands
for the same request after a crash. Answers are read as far as we need them; what else Stripe may say is let through.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec
import stripe

from marketplace.jobs.outbox import OutcomeUnknown
from marketplace.money import Money
from marketplace.payments import notices
from marketplace.payments.gateway import (
    Notice,
    PageRefused,
    PaymentPage,
    RefundRefused,
    RefundReport,
    SessionReport,
)
from marketplace.payments.stripe_api import MOST_A_PAGE, RefusedByStripe, StripeAPI, read_as, seconds
from marketplace.payments.stripe_chargebacks import StripeChargebacks

LONGEST_OPEN = timedelta(hours=25)  # a session is looked for among those created this long before its expiry
NO_CURRENCY = "xxx"  # a session that takes no money; never one of ours
ENDED_BADLY = frozenset({"failed", "canceled"})


class _Session(msgspec.Struct):
    id: str
    status: str | None = None
    payment_status: str | None = None
    client_reference_id: str | None = None
    amount_total: int | None = None
    currency: str | None = None
    url: str | None = None
    payment_intent: str | None = None

    def report(self) -> SessionReport:
        return SessionReport(
            session_ref=self.id,
            key=self.client_reference_id or "",
            status=self.status or "open",
            paid=self.payment_status == "paid",
            amount=Money(self.amount_total or 0, (self.currency or NO_CURRENCY).upper()),
            page_url=self.url,
            payment_ref=self.payment_intent,
        )


class _Card(msgspec.Struct):
    brand: str | None = None
    last4: str | None = None
    fingerprint: str | None = None


class _Method(msgspec.Struct):
    card: _Card | None = None


class _Charge(msgspec.Struct):
    payment_method_details: _Method | None = None


class _Intent(msgspec.Struct):
    latest_charge: _Charge | str | None = None

    @property
    def card(self) -> _Card:
        charge = self.latest_charge
        method = charge.payment_method_details if isinstance(charge, _Charge) else None
        return (method.card if method else None) or _Card()


class _Refund(msgspec.Struct):
    id: str
    amount: int
    currency: str
    status: str | None = None
    metadata: dict[str, str] | None = None

    def report(self) -> RefundReport:
        status = "failed" if self.status in ENDED_BADLY else "succeeded" if self.status == "succeeded" else "pending"
        key = (self.metadata or {}).get("key")
        return RefundReport(self.id, status, Money(self.amount, self.currency.upper()), key)


class StripeGateway(StripeChargebacks):
    """The port's implementation for real money; see ``StripeAPI`` for what is raised on trouble."""

    def __init__(self, api: StripeAPI, webhook_secret: str, accounts_secret: str = "") -> None:
        super().__init__(api)
        self._webhook_secret, self._accounts_secret = webhook_secret, accounts_secret

    # Payment pages ---------------------------------------------------------------------------------------------------

    def open_page(self, request: dict[str, Any], key: str) -> PaymentPage:
        sent = _session_request(request)
        try:
            made = self._api.write(lambda: self._stripe.checkout.sessions.create(sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise PageRefused(str(no)) from no
        session = read_as(made, _Session)
        if session.url is None:
            raise OutcomeUnknown(f"{session.id} has no page")
        return PaymentPage(session.id, session.url)

    def retrieve(self, session_ref: str) -> SessionReport:
        return self._report(self._session(session_ref))

    def find(self, key: str, *, expires_at: datetime) -> SessionReport | None:
        created = {"gte": seconds(expires_at - LONGEST_OPEN), "lte": seconds(expires_at)}
        for session in self._sessions(created):
            if session.client_reference_id == key:
                return self._report(session)
        return None

    def expire(self, session_ref: str) -> SessionReport:
        options: stripe.RequestOptions = {"idempotency_key": f"expire:{session_ref}"}
        try:
            ended = self._api.write(lambda: self._stripe.checkout.sessions.expire(session_ref, None, options))
            return self._report(read_as(ended, _Session))
        except RefusedByStripe:  # it is no longer open
            return self.retrieve(session_ref)
        except OutcomeUnknown:
            report = self.retrieve(session_ref)
            if report.status == "open":
                raise
            return report

    def payments(self, since: datetime) -> list[SessionReport]:
        return [session.report() for session in self._sessions({"gte": seconds(since)})]

    def _session(self, ref: str) -> _Session:
        try:
            return read_as(self._api.read(lambda: self._stripe.checkout.sessions.retrieve(ref)), _Session)
        except RefusedByStripe as no:
            raise LookupError(f"no session {ref}: {no}") from no

    def _sessions(self, created: dict[str, int]) -> list[_Session]:
        asked: Any = {"created": created, "limit": MOST_A_PAGE}  # typed in places the library does not export

        def listed() -> list[Any]:
            return list(self._stripe.checkout.sessions.list(asked).auto_paging_iter())

        return [read_as(thing, _Session) for thing in self._api.listed(listed)]

    def _report(self, session: _Session) -> SessionReport:
        """What a session has come to; of a paid one the card is asked for as well."""
        report = session.report()
        if not report.paid or report.payment_ref is None:
            return report
        card = self._intent(report.payment_ref).card
        return replace(report, card_brand=card.brand, card_last_four=card.last4, card_fingerprint=card.fingerprint)

    def _intent(self, ref: str) -> _Intent:
        asked = self._api.read(lambda: self._stripe.payment_intents.retrieve(ref, {"expand": ["latest_charge"]}))
        return read_as(asked, _Intent)

    # Refunds ---------------------------------------------------------------------------------------------------------

    def refund(self, payment_ref: str, amount: Money, key: str) -> RefundReport:
        sent: stripe.params.RefundCreateParams = {
            "payment_intent": payment_ref,
            "amount": amount.minor,
            "metadata": {"key": key},
        }
        try:
            made = self._api.write(lambda: self._stripe.refunds.create(sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise RefundRefused(str(no)) from no
        return read_as(made, _Refund).report()

    def retrieve_refund(self, ref: str) -> RefundReport:
        try:
            return read_as(self._api.read(lambda: self._stripe.refunds.retrieve(ref)), _Refund).report()
        except RefusedByStripe as no:
            raise LookupError(f"no refund {ref}: {no}") from no

    def find_refund(self, payment_ref: str, key: str) -> RefundReport | None:
        made = self._refunds({"payment_intent": payment_ref})
        return next((report for report in made if report.key == key), None)

    def refunds(self, since: datetime) -> list[RefundReport]:
        return self._refunds({"created": {"gte": seconds(since)}})

    def _refunds(self, among: stripe.params.RefundListParams) -> list[RefundReport]:
        def listed() -> list[Any]:
            return list(self._stripe.refunds.list({**among, "limit": MOST_A_PAGE}).auto_paging_iter())

        return [read_as(thing, _Refund).report() for thing in self._api.listed(listed)]

    # News ------------------------------------------------------------------------------------------------------------

    def news(self, since: datetime) -> list[Notice]:
        asked: stripe.params.EventListParams = {
            "created": {"gte": seconds(since)},
            "types": sorted(notices.HEARD),
            "limit": MOST_A_PAGE,
        }
        events = self._api.listed(lambda: list(self._stripe.events.list(asked).auto_paging_iter()))
        return [notices.notice(read_as(event, notices.Event)) for event in events]

    def trouble(self) -> str:
        return self._api.trouble()

    def read_notice(self, payload: bytes, signature: str) -> Notice:
        return notices.read(
            payload,
            signature,
            secret=self._webhook_secret,
            livemode=self._api.livemode,
            accounts_secret=self._accounts_secret,
        )


def _session_request(request: dict[str, Any]) -> Any:
    """Stripe's words for the stored request: what is shown is what is charged, in the currency it is shown in."""
    currency = request["currency"].lower()
    return {
        "mode": "payment",
        "payment_method_types": ["card"],
        "adaptive_pricing": {"enabled": False},
        "client_reference_id": request["reference"],
        "customer_email": request["email"],
        "expires_at": request["expires_at"],
        "success_url": request["success_url"],
        "cancel_url": request["cancel_url"],
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": line["amount_minor"],
                    "product_data": {"name": line["name"]},
                },
            }
            for line in request["lines"]
        ],
    }
