"""Stripe on a real socket: Checkout Sessions with a page to pay on, payment intents, refunds, tax, events, webhooks.

It remembers idempotency keys with their parameters, refuses what the official description does not know (where that
lies beside the project), and is as strict about times as Stripe is.
In a process of its own: ``python -m tests.doubles.stripe --port N --webhook URL --secret whsec_…``.
"""

from __future__ import annotations

import hashlib
import html
import json
import secrets
import time
from typing import Any

from tests.contracts import forms, official, stripe_connect
from tests.contracts import stripe as contract
from tests.doubles.control import Steered, arguments, serve
from tests.doubles.posting import Postbox
from tests.doubles.server import Answer, Call, answers
from tests.doubles.stripe_connect import StripeConnectBooks
from tests.doubles.stripe_objects import (
    charge_of,
    dispute_of,
    file_of,
    intent_of,
    movement_of,
    refund_of,
    session_of,
)
from tests.doubles.stripe_tax import StripeTaxBooks

API_VERSION = "2026-05-27.dahlia"
KEY, SECRET = "sk_test_double", "whsec_of_the_double"
DISPUTE_FEE = 1_500
WITH_THE_BANK = ("warning_needs_response", "warning_under_review", "needs_response", "under_review")
SHORTEST, LONGEST = 30 * 60, 24 * 3600  # seconds a session may stay open
LEAST = 50  # cents a card is charged at least
BRANDS = {"4242424242424242": "visa", "5555555555554444": "mastercard", "378282246310005": "amex"}
DECLINED = {"4000000000000002": "card_declined", "4000000000009995": "insufficient_funds"}

PAGE = """<!doctype html><html lang="en"><head><title>Pay</title></head><body><h1>Pay {amount} {currency}</h1>
<p>{words}</p><form id="stripe-pay" method="post">
<label>Card number <input name="card" value="4242 4242 4242 4242"></label>
<button name="action" value="pay">Pay</button> <button name="action" value="close">Pay and close the window</button>
<button name="action" value="cancel">Back to the shop</button></form></body></html>"""


def error(message: str, *, status: int = 400, kind: str = "invalid_request_error", **more: str) -> Answer:
    """An answer in Stripe's shape of an error."""
    return Answer({"error": {"type": kind, "message": message, **more}}, status)


class StripeDouble(StripeConnectBooks, StripeTaxBooks, Steered):
    """One Stripe account. ``new_refunds``: the status refunds begin with; ``postbox`` sends and keeps the webhooks."""

    def __init__(self, port: int = 0, *, webhook_url: str = "", secret: str = SECRET, livemode: bool = False) -> None:
        super().__init__(port)
        self.livemode, self.new_refunds = livemode, "succeeded"
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.postbox = Postbox(webhook_url, secret)
        self.description = official.if_there("stripe")
        self._remembered: dict[str, tuple[str, bytes, Answer]] = {}

    def stop(self) -> None:
        self.postbox.close()
        super().stop()

    # At the door -----------------------------------------------------------------------------------------------------

    def before(self, call: Call) -> Answer | None:
        if not call.path.startswith("/v1/"):
            return None
        if not call.headers.get("authorization", "").startswith("Bearer sk_"):
            return error("Invalid API Key provided", status=401)
        if call.headers.get("stripe-version") != API_VERSION:
            self.violations.append(f"{call.operation}: version {call.headers.get('stripe-version')}")
        return self._wrongly_asked(call) or self._asked_before(call)

    def _wrongly_asked(self, call: Call) -> Answer | None:
        asked = forms.nested([*call.query, *call.form])
        for ours in (contract, stripe_connect):
            self.violations += ours.request_faults(call.operation, asked)
        if self.description is None:
            return None
        kind = call.headers.get("content-type", "")
        faults = self.description.request_faults(call.method, call.path, call.query, call.body, kind)
        self.violations.extend(faults)
        return error(f"Received unknown parameter: {faults[0]}") if faults else None

    def _asked_before(self, call: Call) -> Answer | None:
        if call.method != "POST":
            return None
        key = call.headers.get("idempotency-key", "")
        if not key:
            self.violations.append(f"{call.operation}: a POST without an idempotency key")
            return None
        path, body, answer = self._remembered.get(key, (call.path, call.said, None))
        if (path, body) != (call.path, call.said):
            said = f"Keys for idempotent requests can only be used with the same parameters ({key})."
            return error(said, kind="idempotency_error")
        return answer

    def after(self, call: Call, answer: Answer) -> None:
        if not call.path.startswith("/v1/"):
            return
        answer.body = json.loads(answer.payload())  # as it was now, whatever becomes of the thing
        if answer.status == 200:
            for ours in (contract, stripe_connect):
                faults = ours.answer_faults(call.operation, answer.body)
                self.violations.extend(f"our answer: {fault}" for fault in faults)
        if self.description is not None:
            faults = self.description.answer_faults(call.method, call.path, answer.status, answer.body)
            self.violations.extend(f"our answer: {fault}" for fault in faults)
        if call.method == "POST" and answer.status == 200:
            kept = Answer(answer.body, headers={"Idempotent-Replayed": "true"})
            self._remembered[call.headers.get("idempotency-key", "")] = (call.path, call.said, kept)

    def no_such_path(self, call: Call) -> Answer:
        return error(f"Unrecognized request URL ({call.method}: {call.path})", status=404)

    # Sessions --------------------------------------------------------------------------------------------------------

    @answers("POST", "/v1/checkout/sessions")
    def create_session(self, call: Call) -> Answer:
        asked = forms.nested(call.form)
        left = int(asked["expires_at"]) - time.time()
        if not SHORTEST <= left <= LONGEST:
            return error("`expires_at` must be between 30 minutes and 24 hours from now.", param="expires_at")
        session = session_of(asked, page=self.url, livemode=self.livemode)
        if session["amount_total"] < LEAST:
            return error("The total is less than a card is charged.", code="amount_too_small", param="line_items")
        self.sessions[session["id"]] = session
        return Answer(session)

    @answers("GET", "/v1/checkout/sessions")
    def list_sessions(self, call: Call) -> Answer:
        return self._page(call, [self._session(ref) for ref in self.sessions])

    @answers("GET", "/v1/checkout/sessions/{session}")
    def retrieve_session(self, call: Call) -> Answer:
        session = self._session(call.parts["session"])
        return Answer(session) if session else _missing("checkout.session", call.parts["session"])

    @answers("POST", "/v1/checkout/sessions/{session}/expire")
    def expire_session(self, call: Call) -> Answer:
        session = self._session(call.parts["session"])
        if session is None:
            return _missing("checkout.session", call.parts["session"])
        if session["status"] != "open":
            return error('Only Checkout Sessions with a status in ["open"] can be expired.')
        self._expire(session)
        return Answer(session)

    def _session(self, ref: str) -> dict[str, Any] | None:
        session = self.sessions.get(ref)
        if session and session["status"] == "open" and session["expires_at"] <= time.time():
            self._expire(session)
        return session

    def _expire(self, session: dict[str, Any]) -> None:
        session.update(status="expired", url=None)
        self.tell("checkout.session.expired", session)

    # The page people pay on ------------------------------------------------------------------------------------------

    @answers("GET", "/c/pay/{session}")
    def show_page(self, call: Call) -> Answer:
        session = self._session(call.parts["session"])
        if session is None or session["status"] != "open":
            return Answer("<!doctype html><title>Over</title><p>This page is over.</p>", 410, content_type="text/html")
        return self._show(session)

    def _show(self, session: dict[str, Any], words: str = "", status: int = 200) -> Answer:
        shown = {"amount": session["amount_total"], "currency": session["currency"], "words": html.escape(words)}
        return Answer(PAGE.format(**shown), status, content_type="text/html; charset=utf-8")

    @answers("POST", "/c/pay/{session}")
    def press_button(self, call: Call) -> Answer:
        session, form = self._session(call.parts["session"]), dict(call.form)
        if session is None or session["status"] != "open":
            return Answer("<!doctype html><title>Over</title><p>This page is over.</p>", 410, content_type="text/html")
        if form.get("action") == "cancel":
            return Answer("", 303, {"Location": session["cancel_url"]}, "text/html")
        number = form.get("card", "").replace(" ", "")
        if number in DECLINED or number not in BRANDS:
            return self._show(session, DECLINED.get(number, "incorrect_number"), 402)
        self.pay(session["id"], number)
        if form.get("action") == "close":
            return Answer("<!doctype html><title>Paid</title><p>Paid.</p>", content_type="text/html")
        return Answer("", 303, {"Location": session["success_url"]}, "text/html")

    def pay(self, ref: str, number: str = "4242424242424242", **otherwise: Any) -> dict[str, Any]:
        """What the buyer does on the page; ``otherwise`` changes the session beforehand, as a fault would."""
        with self.lock:
            session = self.sessions[ref]
            session.update(otherwise)
            charge = charge_of(session, BRANDS[number], number[-4:], hashlib.sha256(number.encode()).hexdigest()[:16])
            intent = intent_of(session, charge["id"])
            charge["payment_intent"] = intent["id"]
            self.charges[charge["id"]], self.intents[intent["id"]] = charge, intent
            session.update(status="complete", payment_status="paid", payment_intent=intent["id"], url=None)
            self.tell("checkout.session.completed", session)
            return session

    # Intents ---------------------------------------------------------------------------------------------------------

    @answers("GET", "/v1/payment_intents/{intent}")
    def retrieve_intent(self, call: Call) -> Answer:
        intent = self.intents.get(call.parts["intent"])
        if intent is None:
            return _missing("payment_intent", call.parts["intent"])
        expand = [value for name, value in call.query if name.startswith("expand")]
        return Answer({**intent, "latest_charge": self.charges[intent["latest_charge"]]} if expand else intent)

    # Refunds ---------------------------------------------------------------------------------------------------------

    @answers("POST", "/v1/refunds")
    def create_refund(self, call: Call) -> Answer:
        asked = forms.nested(call.form)
        intent = self.intents.get(asked["payment_intent"])
        if intent is None:
            return _missing("payment_intent", asked["payment_intent"])
        charge = self.charges[intent["latest_charge"]]
        left = charge["amount"] - charge["amount_refunded"]
        amount = int(asked.get("amount", left))
        if any(one["charge"] == charge["id"] and one["status"] in WITH_THE_BANK for one in self.disputes.values()):
            return error("The charge has been disputed.", code="charge_disputed")
        if left == 0:
            return error("The charge has already been refunded.", code="charge_already_refunded")
        if not 0 < amount <= left:
            return error(
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount"
            )
        refund = refund_of(charge, amount, self.new_refunds, asked.get("metadata", {}))
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        self.refunds[refund["id"]] = refund
        self.tell("refund.created", refund)
        return Answer(refund)

    @answers("GET", "/v1/refunds")
    def list_refunds(self, call: Call) -> Answer:
        return self._page(call, list(self.refunds.values()))

    @answers("GET", "/v1/refunds/{refund}")
    def retrieve_refund(self, call: Call) -> Answer:
        refund = self.refunds.get(call.parts["refund"])
        return Answer(refund) if refund else _missing("refund", call.parts["refund"])

    def end_refund(self, ref: str, status: str) -> None:
        """A pending refund comes through, or one fails, perhaps days after it succeeded."""
        with self.lock:
            refund = self.refunds[ref]
            refund["status"] = status
            if status == "failed":
                charge = self.charges[refund["charge"]]
                refund["failure_reason"] = "unknown"
                charge.update(amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
            self.tell("refund.failed" if status == "failed" else "refund.updated", refund)

    # Disputes --------------------------------------------------------------------------------------------------------

    def dispute(self, intent: str, status: str = "needs_response") -> dict[str, Any]:
        """The buyer's bank asks about a payment (``warning_needs_response``), or takes it back."""
        with self.lock:
            charge = self.charges[self.intents[intent]["latest_charge"]]
            dispute = dispute_of(charge, "warning_needs_response")
            self.disputes[dispute["id"]] = dispute
            self.tell("charge.dispute.created", dispute)
            if status != "warning_needs_response":
                self.move_dispute(dispute["id"], status)
            return dispute

    def move_dispute(self, ref: str, status: str) -> None:
        """The bank goes further, or decides; its money moves with that."""
        with self.lock:
            dispute = self.disputes[ref]
            taken = -sum(moved["amount"] for moved in dispute["balance_transactions"])
            dispute["status"], moved = status, dispute["balance_transactions"]
            if not taken and not status.startswith("warning") and status != "won":
                moved.append(movement_of(dispute, -dispute["amount"], DISPUTE_FEE))
                self.tell("charge.dispute.funds_withdrawn", dispute)
            if taken and status == "won":
                moved.append(movement_of(dispute, taken, 0))
                self.tell("charge.dispute.funds_reinstated", dispute)
            ended = status in ("won", "lost", "warning_closed")
            self.tell("charge.dispute.closed" if ended else "charge.dispute.updated", dispute)

    @answers("GET", "/v1/disputes")
    def list_disputes(self, call: Call) -> Answer:
        return self._page(call, list(self.disputes.values()))

    @answers("GET", "/v1/disputes/{dispute}")
    def retrieve_dispute(self, call: Call) -> Answer:
        dispute = self.disputes.get(call.parts["dispute"])
        return Answer(dispute) if dispute else _missing("dispute", call.parts["dispute"])

    @answers("POST", "/v1/disputes/{dispute}")
    def update_dispute(self, call: Call) -> Answer:
        dispute = self.disputes.get(call.parts["dispute"])
        if dispute is None:
            return _missing("dispute", call.parts["dispute"])
        if not dispute["status"].endswith("needs_response"):
            return error("This dispute is already closed.", code="dispute_already_closed")
        asked = forms.nested(call.form)
        unknown = [ref for ref in asked["evidence"].values() if ref.startswith("file_") and ref not in self.files]
        if unknown:
            return _missing("file", unknown[0])
        dispute["evidence"].update(asked["evidence"])
        dispute["evidence_details"].update(has_evidence=True, submission_count=1)
        is_inquiry = dispute["status"].startswith("warning")
        dispute["status"] = "warning_under_review" if is_inquiry else "under_review"
        self.tell("charge.dispute.updated", dispute)
        return Answer(dispute)

    @answers("POST", "/v1/files")
    def create_file(self, call: Call) -> Answer:
        file = file_of(forms.nested(call.form))
        self.files[file["id"]] = file
        return Answer(file)

    # Events ----------------------------------------------------------------------------------------------------------

    @answers("GET", "/v1/events")
    def list_events(self, call: Call) -> Answer:
        types = {value for name, value in call.query if name.startswith("types")}
        kept = [event for event in self.events.values() if not types or event["type"] in types]
        return self._page(call, kept)

    def tell(self, kind: str, thing: dict[str, Any], **otherwise: Any) -> dict[str, Any]:
        """Make an event of what happened and hand it to the postbox; ``otherwise``: another account or mode."""
        event = {
            "id": "evt_" + secrets.token_hex(12),
            "object": "event",
            "api_version": API_VERSION,
            "created": int(time.time()),
            "data": {"object": json.loads(json.dumps(thing))},
            "livemode": self.livemode,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
            **otherwise,
        }
        if self.description is not None:
            faults = self.description.object_faults("event", event)
            faults += self.description.object_faults(thing["object"], event["data"]["object"])
            self.violations.extend(f"our webhook {kind}: {fault}" for fault in faults)
        self.events[event["id"]] = event
        self.postbox.post(json.dumps(event).encode())
        return event

    # Lists -----------------------------------------------------------------------------------------------------------

    def _page(self, call: Call, things: list[Any]) -> Answer:
        """Newest first, a page at a time."""
        query = dict(call.query)
        bounds = {name[8:-1]: int(value) for name, value in call.query if name.startswith("created[")}
        found = [thing for thing in reversed(things) if _within(thing["created"], bounds)]
        if intent := query.get("payment_intent"):
            found = [thing for thing in found if thing["payment_intent"] == intent]
        if after := query.get("starting_after"):
            found = found[[thing["id"] for thing in found].index(after) + 1 :]
        limit = int(query.get("limit", 10))
        return Answer({"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": call.path})

    # Steering from another process -----------------------------------------------------------------------------------

    @answers("GET", "/_double/books")
    def show_books(self, call: Call) -> Answer:
        paid = [one for one in self.sessions.values() if one["payment_status"] == "paid"]
        books = {"sessions": list(self.sessions.values()), "paid": paid, "refunds": list(self.refunds.values())}
        books["disputes"] = list(self.disputes.values())
        return Answer(books | {"tax": self.tax_left})

    @answers("POST", "/_double/refunds/{refund}")
    def steer_refund(self, call: Call) -> Answer:
        self.end_refund(call.parts["refund"], call.json["status"])
        return Answer({})

    @answers("POST", "/_double/disputes/{intent}")
    def steer_dispute(self, call: Call) -> Answer:
        """``status``: what the bank says; of a payment it has in its hands already, what it says next."""
        known = [one["id"] for one in self.disputes.values() if one["payment_intent"] == call.parts["intent"]]
        if known:
            self.move_dispute(known[-1], call.json["status"])
        else:
            self.dispute(call.parts["intent"], call.json["status"])
        return Answer({})

    @answers("POST", "/_double/webhooks")
    def steer_webhooks(self, call: Call) -> Answer:
        self.postbox.manner = call.json["manner"]
        self.postbox.release()
        return Answer({})


def _within(moment: int, bounds: dict[str, int]) -> bool:
    return bounds.get("gte", moment) <= moment <= bounds.get("lte", moment)


def _missing(kind: str, ref: str) -> Answer:
    return error(f"No such {kind}: '{ref}'", status=404, code="resource_missing")


if __name__ == "__main__":
    parser = arguments("stripe")
    parser.add_argument("--webhook", default="", help="where webhooks are sent")
    parser.add_argument("--secret", default=SECRET, help="what they are signed with")
    parser.add_argument("--tries", type=int, default=1, help="how often a webhook that is not taken is sent")
    chosen = parser.parse_args()
    account = StripeDouble(chosen.port, webhook_url=chosen.webhook, secret=chosen.secret)
    account.postbox.tries = chosen.tries
    serve(account)
