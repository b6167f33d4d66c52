"""What we say to Stripe Connect, what it answers, and its webhooks, held to our description and to the official one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from marketplace import clock
from marketplace.money import Money
from marketplace.payments.notices import ACCOUNT_EVENTS, TRANSFER_EVENTS
from tests.contracts import official
from tests.contracts import stripe_connect as contract
from tests.contracts.forms import nested
from tests.contracts.stripe import event_faults
from tests.doubles.stripe import StripeDouble
from tests.payouts.test_cash_port import WISH, connect, open_account, wanted


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    """A double that has been asked everything the adapter asks, and has sent every webhook."""
    with StripeDouble() as stripe:
        carrier, began = connect(stripe), clock.wall()
        account = open_account(stripe, left=["external_account"])
        carrier.find_account("wallet:1", since=began)
        carrier.account_page(account, key="page:1", again_url="https://shop/again", back_url="https://shop/back")
        stripe.enter(account)
        carrier.account(account)
        asked = wanted(account)
        sent = carrier.send(asked)
        carrier.find(asked)
        carrier.take_back(sent.ref, Money(10_000, "USD"), "take-back:1")
        carrier.transfer(sent.ref)
        stripe.fail_payout(account)
        yield stripe


def test_every_operation_and_every_webhook_is_as_both_descriptions_have_it(double: StripeDouble) -> None:
    description = official.required("stripe")
    assert {call.operation for call in double.calls} == set(contract.REQUESTS) == set(contract.ANSWERS)
    for call in double.calls:
        assert call.answer is not None
        kind = call.headers.get("content-type", "")
        assert contract.request_faults(call.operation, nested([*call.query, *call.form])) == []
        assert description.request_faults(call.method, call.path, call.query, call.body, kind) == []
        assert description.answer_faults(call.method, call.path, call.answer.status, call.answer.body) == []
        assert call.method == "GET" or call.headers.get("idempotency-key")
    events = [json.loads(body) for body in double.postbox.sent]
    assert {event["type"] for event in events} == ACCOUNT_EVENTS | TRANSFER_EVENTS
    for event in events:
        assert event_faults(event) == description.object_faults("event", event) == []
        assert description.object_faults(event["data"]["object"]["object"], event["data"]["object"]) == []
    assert double.violations == []


def test_a_nested_field_that_nobody_described_is_a_fault() -> None:
    description, form = official.required("stripe"), "application/x-www-form-urlencoded"
    asked = {**WISH, "type": "express"}
    body = f"type=express&country={asked['country']}&capabilities[transfers][requested]=true"
    assert description.request_faults("POST", "/v1/accounts", (), body.encode(), form) == []
    wrong = body + "&capabilities[transfers][granted]=true"
    assert description.request_faults("POST", "/v1/accounts", (), wrong.encode(), form) != []
    right = nested([("amount", "100"), ("metadata[key]", "take-back:1")])
    assert contract.request_faults("create_transfer_reversal", right) == []
    assert contract.request_faults("create_transfer_reversal", {**right, "amount": "1.00"}) != []
    assert contract.request_faults("create_transfer_reversal", {**right, "metadata": {"key": "1", "more": "2"}}) != []
    assert contract.answer_faults("create_transfer", {"id": "tr_1"}) != []
