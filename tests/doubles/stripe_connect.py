"""Stripe Connect as it behaves: Express accounts with a page of their own, transfers to them, and their way back.

Mixed into the Stripe double, which knows keys, sign-in and the official description.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from tests.contracts.forms import nested
from tests.doubles.server import Answer, Call, Double, answers

FIELDS = ["external_account", "individual.id_number", "individual.verification.document", "tos_acceptance.date"]
LINK_SECONDS = 300
PAGE = """<!doctype html><html lang="en"><head><title>Your details</title></head><body><h1>Your details</h1>
<form id="stripe-account" method="post"><label>Account number <input name="account" value="000123456789"></label>
<button name="action" value="finish">Finish</button> <button name="action" value="bank">Bank details alone</button>
<button name="action" value="leave">Come back later</button></form></body></html>"""


def _refuse(message: str, status: int = 400, **more: str) -> Answer:
    return Answer({"error": {"type": "invalid_request_error", "message": message, **more}}, status)


def account_of(asked: dict[str, Any]) -> dict[str, Any]:
    """An Express account nobody has entered anything for."""
    due = {"alternatives": [], "current_deadline": None, "disabled_reason": "requirements.past_due", "errors": []}
    ref = "acct_" + secrets.token_hex(8)
    banks = {"object": "list", "data": [], "has_more": False, "url": f"/v1/accounts/{ref}/external_accounts"}
    return {
        "id": ref,
        "object": "account",
        "capabilities": {"transfers": "inactive"},
        "country": asked["country"],
        "created": int(time.time()),
        "default_currency": "usd",
        "details_submitted": False,
        "email": asked["email"],
        "external_accounts": banks,
        "metadata": asked["metadata"],
        "payouts_enabled": False,
        "requirements": due
        | {"currently_due": list(FIELDS), "eventually_due": list(FIELDS), "past_due": [], "pending_verification": []},
        "type": asked["type"],
    }


def bank_of(account: dict[str, Any], number: str) -> dict[str, Any]:
    """Bank details behind an account, as Stripe tells of them."""
    return {
        "id": "ba_" + secrets.token_hex(8),
        "object": "bank_account",
        "account": account["id"],
        "bank_name": "STRIPE TEST BANK",
        "country": account["country"],
        "currency": account["default_currency"],
        "last4": number[-4:],
        "status": "new",
    }


class StripeConnectBooks(Double):
    """The accounts and transfers of a platform. ``balance`` is what it may still send, in minor units."""

    tell: Any
    _page: Any
    url: str

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.balance = 10**9
        self.accounts: dict[str, dict[str, Any]] = {}
        self.transfers: dict[str, dict[str, Any]] = {}
        self.spent: set[str] = set()  # transfers whose money has left the account
        self._links: dict[str, dict[str, Any]] = {}

    # Accounts --------------------------------------------------------------------------------------------------------

    @answers("POST", "/v1/accounts")
    def create_account(self, call: Call) -> Answer:
        account = account_of(nested(call.form))
        self.accounts[account["id"]] = account
        return Answer(account)

    @answers("GET", "/v1/accounts")
    def list_accounts(self, call: Call) -> Answer:
        answer: Answer = self._page(call, list(self.accounts.values()))
        return answer

    @answers("GET", "/v1/accounts/{account}")
    def retrieve_account(self, call: Call) -> Answer:
        account = self.accounts.get(call.parts["account"])
        return Answer(account) if account else _refuse("No such account", 403, code="account_invalid")

    @answers("POST", "/v1/account_links")
    def create_account_link(self, call: Call) -> Answer:
        asked, token, now = nested(call.form), secrets.token_hex(8), int(time.time())
        if asked["account"] not in self.accounts:
            return _refuse("No such account", 403, code="account_invalid")
        self._links[token] = asked
        link = {"object": "account_link", "created": now, "expires_at": now + LINK_SECONDS}
        return Answer(link | {"url": f"{self.url}/setup/{token}"})

    @answers("GET", "/setup/{token}")
    def show_account_page(self, call: Call) -> Answer:
        return Answer(PAGE, content_type="text/html; charset=utf-8")

    @answers("POST", "/setup/{token}")
    def press_account_button(self, call: Call) -> Answer:
        asked, form = self._links.pop(call.parts["token"], None), dict(call.form)
        if asked is None:
            return Answer("<!doctype html><title>Over</title><p>Over.</p>", 410, content_type="text/html")
        if form["action"] != "leave":
            left = [] if form["action"] == "finish" else FIELDS[1:]
            self.enter(asked["account"], number=form.get("account", "000123456789"), left=left)
        return Answer("", 303, {"Location": asked["return_url"]}, "text/html")

    def enter(self, ref: str, *, number: str = "000123456789", left: list[str] | None = None, **more: Any) -> None:
        """Its owner has entered what is not ``left``; ``more`` goes into the requirements."""
        with self.lock:
            account, due = self.accounts[ref], list(left or [])
            is_done = not due and not more.get("pending_verification") and not more.get("disabled_reason")
            account["external_accounts"]["data"] = [bank_of(account, number)] if "external_account" not in due else []
            account.update(details_submitted=not due, payouts_enabled=is_done)
            account["capabilities"]["transfers"] = "active" if is_done else "inactive"
            account["requirements"] |= {
                "currently_due": due,
                "eventually_due": due,
                "pending_verification": [],
                "disabled_reason": None if is_done else "requirements.past_due",
            } | more
            self.tell("account.updated", account, account=ref)

    def fail_payout(self, ref: str) -> None:
        """The bank behind an account did not take what was paid on to it."""
        with self.lock:
            now = int(time.time())
            payout = {
                "id": "po_" + secrets.token_hex(8),
                "object": "payout",
                "amount": 100,
                "arrival_date": now,
                "automatic": True,
                "created": now,
                "currency": self.accounts[ref]["default_currency"],
                "failure_code": "account_closed",
                "livemode": False,
                "metadata": {},
                "method": "standard",
                "reconciliation_status": "in_progress",
                "source_type": "card",
                "status": "failed",
                "type": "bank_account",
            }
            self.tell("payout.failed", payout, account=ref)

    # Transfers -------------------------------------------------------------------------------------------------------

    @answers("POST", "/v1/transfers")
    def create_transfer(self, call: Call) -> Answer:
        asked = nested(call.form)
        account, amount = self.accounts.get(asked["destination"]), int(asked["amount"])
        if account is None:
            return _refuse("No such destination", code="resource_missing")
        if account["capabilities"]["transfers"] != "active":
            return _refuse("The account cannot receive", code="insufficient_capabilities_for_transfer")
        if amount > self.balance:
            return _refuse("You have insufficient funds in your Stripe account.", code="balance_insufficient")
        self.balance -= amount
        ref = "tr_" + secrets.token_hex(8)
        gone = {"object": "list", "data": [], "has_more": False, "url": f"/v1/transfers/{ref}/reversals"}
        transfer = {
            "id": ref,
            "object": "transfer",
            "amount": amount,
            "amount_reversed": 0,
            "created": int(time.time()),
            "currency": asked["currency"],
            "destination": asked["destination"],
            "livemode": False,
            "metadata": asked["metadata"],
            "reversals": gone,
            "reversed": False,
            "transfer_group": asked["transfer_group"],
        }
        self.transfers[ref] = transfer
        return Answer(transfer)

    @answers("GET", "/v1/transfers")
    def list_transfers(self, call: Call) -> Answer:
        group = dict(call.query).get("transfer_group")
        answer: Answer = self._page(call, [one for one in self.transfers.values() if one["transfer_group"] == group])
        return answer

    @answers("GET", "/v1/transfers/{transfer}")
    def retrieve_transfer(self, call: Call) -> Answer:
        transfer = self.transfers.get(call.parts["transfer"])
        return Answer(transfer) if transfer else _refuse("No such transfer", 404, code="resource_missing")

    @answers("POST", "/v1/transfers/{transfer}/reversals")
    def create_transfer_reversal(self, call: Call) -> Answer:
        transfer, asked = self.transfers.get(call.parts["transfer"]), nested(call.form)
        if transfer is None:
            return _refuse("No such transfer", 404, code="resource_missing")
        amount = int(asked["amount"])
        if amount > transfer["amount"] - transfer["amount_reversed"]:
            return _refuse("The transfer has been reversed already.")
        if transfer["id"] in self.spent:
            return _refuse("The account has too little left.", code="insufficient_funds")
        return Answer(self.reverse(transfer["id"], amount, asked["metadata"]))

    def reverse(self, ref: str, amount: int, metadata: dict[str, str] | None = None) -> dict[str, Any]:
        """Money comes back from an account: asked for, or by hand in the dashboard."""
        with self.lock:
            transfer = self.transfers[ref]
            transfer["amount_reversed"] += amount
            transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
            self.balance += amount
            self.tell("transfer.reversed", transfer)
            return {
                "id": "trr_" + secrets.token_hex(8),
                "object": "transfer_reversal",
                "amount": amount,
                "created": int(time.time()),
                "currency": transfer["currency"],
                "metadata": metadata or {},
                "transfer": ref,
            }
