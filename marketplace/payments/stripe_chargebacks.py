"""Chargebacks on Stripe, which calls them disputes: what the bank says, and our evidence with its files."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import msgspec
import stripe

from marketplace.money import Money
from marketplace.payments.chargeback_models import ChargebackState
from marketplace.payments.gateway import ChargebackReport, EvidenceRefused, Upload
from marketplace.payments.stripe_api import MOST_A_PAGE, RefusedByStripe, StripeAPI, read_as, seconds

CHARGEBACKS = {
    "warning_needs_response": ChargebackState.INQUIRY,
    "warning_under_review": ChargebackState.INQUIRY_ANSWERED,
    "warning_closed": ChargebackState.INQUIRY_CLOSED,
    "prevented": ChargebackState.INQUIRY_CLOSED,
    "needs_response": ChargebackState.NEEDS_ANSWER,
    "under_review": ChargebackState.ANSWERED,
    "won": ChargebackState.WON,
    "lost": ChargebackState.LOST,
}


class _Moved(msgspec.Struct):
    """Money that moved between Stripe and us; what we lose is negative."""

    amount: int
    fee: int


class _Details(msgspec.Struct):
    due_by: int | None = None
    submission_count: int = 0


class _Dispute(msgspec.Struct):
    """Stripe calls a chargeback a dispute."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str = ""
    payment_intent: str | None = None
    balance_transactions: list[_Moved] = []
    evidence_details: _Details = msgspec.field(default_factory=_Details)

    def report(self) -> ChargebackReport:
        currency, due = self.currency.upper(), self.evidence_details.due_by
        return ChargebackReport(
            ref=self.id,
            payment_ref=self.payment_intent,
            status=CHARGEBACKS.get(self.status, ChargebackState.NEEDS_ANSWER),
            reason=self.reason,
            amount=Money(self.amount, currency),
            withdrawn=Money(-sum(moved.amount for moved in self.balance_transactions), currency),
            fee=Money(sum(moved.fee for moved in self.balance_transactions), currency),
            due_by=datetime.fromtimestamp(due, UTC) if due else None,
            answers=self.evidence_details.submission_count,
        )


class _File(msgspec.Struct):
    id: str


class _Named(io.BytesIO):
    """A file with its name, as the library sends it."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


class StripeChargebacks:
    """The part of the port that speaks of chargebacks."""

    def __init__(self, api: StripeAPI) -> None:
        self._api, self._stripe = api, api.client.v1

    def retrieve_chargeback(self, ref: str) -> ChargebackReport:
        try:
            return read_as(self._api.read(lambda: self._stripe.disputes.retrieve(ref)), _Dispute).report()
        except RefusedByStripe as no:
            raise LookupError(f"no chargeback {ref}: {no}") from no

    def chargebacks(self, since: datetime) -> list[ChargebackReport]:
        asked: stripe.params.DisputeListParams = {"created": {"gte": seconds(since)}, "limit": MOST_A_PAGE}
        listed = self._api.listed(lambda: list(self._stripe.disputes.list(asked).auto_paging_iter()))
        return [read_as(thing, _Dispute).report() for thing in listed]

    def upload_evidence(self, upload: Upload, key: str) -> str:
        def sent() -> Any:
            stream = _Named(upload.content, upload.name)
            return self._stripe.files.create({"purpose": "dispute_evidence", "file": stream}, {"idempotency_key": key})

        try:
            return read_as(self._api.write(sent), _File).id
        except RefusedByStripe as no:
            raise EvidenceRefused(str(no)) from no

    def send_evidence(self, ref: str, evidence: dict[str, str], key: str) -> ChargebackReport:
        sent: Any = {"evidence": evidence, "submit": True}  # typed field by field; ours come from one short table
        try:
            made = self._api.write(lambda: self._stripe.disputes.update(ref, sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise EvidenceRefused(str(no)) from no
        return read_as(made, _Dispute).report()
