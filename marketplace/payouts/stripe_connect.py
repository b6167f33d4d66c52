"""Cash by Stripe Connect: Express accounts that people open on Stripe's own pages, and transfers to them.

Bank details and proofs of identity never come here: Stripe tells us the last four figures and what is still missing.
docs/integrations.md lists every operation and its key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from marketplace.money import Money
from marketplace.payments.stripe_api import MOST_A_PAGE, RefusedByStripe, StripeAPI, read_as, seconds
from marketplace.payouts.cash import AccountReport, NotTaken, TransferReport, TransferWanted

ACTIVE = "active"


class _Bank(msgspec.Struct):
    id: str
    last4: str | None = None


class _Banks(msgspec.Struct):
    data: list[_Bank] = msgspec.field(default_factory=list)


class _Requirements(msgspec.Struct):
    currently_due: list[str] | None = None
    past_due: list[str] | None = None
    pending_verification: list[str] | None = None
    disabled_reason: str | None = None


class _Capabilities(msgspec.Struct):
    transfers: str | None = None


class _Account(msgspec.Struct):
    id: str
    details_submitted: bool = False
    payouts_enabled: bool = False
    capabilities: _Capabilities = msgspec.field(default_factory=_Capabilities)
    requirements: _Requirements = msgspec.field(default_factory=_Requirements)
    external_accounts: _Banks = msgspec.field(default_factory=_Banks)
    metadata: dict[str, str] | None = None

    def report(self) -> AccountReport:
        asked, bank = self.requirements, next(iter(self.external_accounts.data), None)
        return AccountReport(
            ref=self.id,
            is_submitted=self.details_submitted,
            is_ready=self.payouts_enabled and self.capabilities.transfers == ACTIVE,
            due=tuple(sorted({*(asked.currently_due or ()), *(asked.past_due or ())})),
            pending=tuple(sorted(asked.pending_verification or ())),
            disabled=asked.disabled_reason or "",
            bank_ref=bank.id if bank else "",
            last_four=(bank.last4 or "") if bank else "",
        )


class _Link(msgspec.Struct):
    url: str


class _Transfer(msgspec.Struct):
    id: str
    amount: int
    amount_reversed: int
    transfer_group: str | None = None

    def report(self) -> TransferReport:
        if not self.amount_reversed:
            return TransferReport(self.id, "paid")
        is_whole = self.amount_reversed == self.amount
        return TransferReport(self.id, "returned" if is_whole else "partly_returned")


class StripeConnect:
    """The port's implementation for real money; see ``StripeAPI`` for what is raised on trouble."""

    name, title = "stripe", "Stripe"
    hosts_accounts = True

    def __init__(self, api: StripeAPI) -> None:
        self._api, self._stripe = api, api.client.v1

    # Accounts --------------------------------------------------------------------------------------------------------

    def open_account(self, request: dict[str, Any], key: str) -> AccountReport:
        sent: Any = {
            "type": "express",
            "country": request["country"],
            "email": request["email"],
            "capabilities": {"transfers": {"requested": True}},
            "business_profile": {"product_description": request["sells"]},
            "metadata": {"key": key},
        }
        try:
            made = self._api.write(lambda: self._stripe.accounts.create(sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise NotTaken(str(no)) from no
        return read_as(made, _Account).report()

    def find_account(self, key: str, *, since: datetime) -> AccountReport | None:
        asked: Any = {"created": {"gte": seconds(since)}, "limit": MOST_A_PAGE}
        listed = self._api.listed(lambda: list(self._stripe.accounts.list(asked).auto_paging_iter()))
        known = (read_as(each, _Account) for each in listed)
        return next((each.report() for each in known if (each.metadata or {}).get("key") == key), None)

    def account(self, ref: str) -> AccountReport:
        try:
            return read_as(self._api.read(lambda: self._stripe.accounts.retrieve(ref)), _Account).report()
        except RefusedByStripe as no:
            raise LookupError(f"no account {ref}: {no}") from no

    def account_page(self, ref: str, *, key: str, again_url: str, back_url: str) -> str:
        sent: Any = {"account": ref, "type": "account_onboarding", "refresh_url": again_url, "return_url": back_url}
        try:
            made = self._api.write(lambda: self._stripe.account_links.create(sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise NotTaken(str(no)) from no
        return read_as(made, _Link).url

    # Transfers -------------------------------------------------------------------------------------------------------

    def send(self, wanted: TransferWanted) -> TransferReport:
        sent: Any = {
            "amount": wanted.amount.minor,
            "currency": wanted.amount.currency.lower(),
            "destination": wanted.account,
            "transfer_group": wanted.key,
            "metadata": {"key": wanted.key},
        }
        try:
            made = self._api.write(lambda: self._stripe.transfers.create(sent, {"idempotency_key": _key(wanted.key)}))
        except RefusedByStripe as no:
            return TransferReport(wanted.key, "failed", str(no))
        return read_as(made, _Transfer).report()

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        asked: Any = {"transfer_group": wanted.key, "limit": MOST_A_PAGE}
        listed = self._api.listed(lambda: list(self._stripe.transfers.list(asked).auto_paging_iter()))
        made = [read_as(each, _Transfer) for each in listed]
        return next((each.report() for each in made if each.transfer_group == wanted.key), None)

    def transfer(self, ref: str) -> TransferReport:
        try:
            return read_as(self._api.read(lambda: self._stripe.transfers.retrieve(ref)), _Transfer).report()
        except RefusedByStripe as no:
            raise LookupError(f"no transfer {ref}: {no}") from no

    def take_back(self, ref: str, amount: Money, key: str) -> TransferReport:
        sent: Any = {"amount": amount.minor, "metadata": {"key": key}}
        try:
            self._api.write(lambda: self._stripe.transfers.reversals.create(ref, sent, {"idempotency_key": key}))
        except RefusedByStripe as no:
            raise NotTaken(str(no)) from no
        return TransferReport(ref, "returned")

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        return None


def _key(number: str) -> str:
    return f"transfer:{number}"
