"""What we say to Stripe, what it answers, and what webhooks say, held to our description and to the official one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from marketplace import clock
from marketplace.money import Money
from marketplace.payments import notices
from marketplace.payments.gateway import Upload
from tests.contracts import official
from tests.contracts import stripe as contract
from tests.contracts.forms import nested
from tests.doubles.server import Call
from tests.doubles.stripe import StripeDouble
from tests.payments.rigs import a_key, expiry, request_for, stripe_gateway


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    """A double that has been asked everything the adapter asks, and has sent every webhook."""
    with StripeDouble() as stripe:
        gateway = stripe_gateway(stripe)
        key, other = a_key(), a_key()
        page, unpaid = gateway.open_page(request_for(key), key), gateway.open_page(request_for(other), other)
        gateway.expire(unpaid.session_ref)
        payment = stripe.pay(page.session_ref)["payment_intent"]
        gateway.retrieve(page.session_ref)
        gateway.find(key, expires_at=expiry())
        refund = gateway.refund(payment, Money(100, "USD"), "refund:R1")
        gateway.find_refund(payment, "refund:R1")
        stripe.end_refund(refund.ref, "failed")
        gateway.retrieve_refund(refund.ref)
        gateway.refund(payment, Money(100, "USD"), "refund:R2")
        chargeback = stripe.dispute(payment)["id"]
        file = gateway.upload_evidence(Upload(1, "receipt", "receipt.pdf", "application/pdf", b"%PDF-\x80"), "file:1")
        gateway.send_evidence(chargeback, {"receipt": file, "customer_name": "Grace Buyer"}, "evidence:B1")
        stripe.move_dispute(chargeback, "won")
        gateway.retrieve_chargeback(chargeback)
        since = clock.wall() - timedelta(minutes=5)
        assert (len(gateway.news(since)), len(gateway.payments(since)), len(gateway.refunds(since))) == (11, 2, 2)
        assert len(gateway.chargebacks(since)) == 1
        yield stripe


def asked(call: Call) -> dict[str, Any]:
    return nested([*call.query, *call.form])


def test_every_operation_we_use_is_described_and_no_other_is_called(double: StripeDouble) -> None:
    assert {call.operation for call in double.calls} == set(contract.REQUESTS) == set(contract.ANSWERS)


def test_every_call_answer_and_webhook_is_as_we_describe_it(double: StripeDouble) -> None:
    for call in double.calls:
        assert call.answer is not None
        assert contract.request_faults(call.operation, asked(call)) == []
        assert contract.answer_faults(call.operation, call.answer.body) == []
    for body in double.postbox.sent:
        assert contract.event_faults(json.loads(body)) == []


def test_the_official_description_finds_no_fault_either(double: StripeDouble) -> None:
    description = official.required("stripe")
    for call in double.calls:
        assert call.answer is not None
        kind = call.headers.get("content-type", "")
        assert description.request_faults(call.method, call.path, call.query, call.body, kind) == []
        assert description.answer_faults(call.method, call.path, call.answer.status, call.answer.body) == []
    for body in double.postbox.sent:
        event = json.loads(body)
        assert description.object_faults("event", event) == []
        assert description.object_faults(event["data"]["object"]["object"], event["data"]["object"]) == []


def test_every_post_has_a_key_and_every_call_the_pinned_version(double: StripeDouble) -> None:
    posts = [call for call in double.calls if call.method == "POST"]
    assert posts and all(call.headers.get("idempotency-key") for call in posts)
    assert {call.headers["stripe-version"] for call in double.calls} == {"2026-05-27.dahlia"}
    assert double.violations == []


def test_the_descriptions_can_find_fault() -> None:
    form = nested([("payment_intent", "pi_1"), ("amount", "100"), ("metadata[key]", "refund:R1")])
    assert contract.request_faults("create_refund", form) == []
    assert contract.request_faults("create_refund", {**form, "colour": "red"}) != []
    assert contract.request_faults("create_refund", {**form, "amount": "1.00"}) != []
    assert contract.answer_faults("create_refund", {"id": "re_1"}) != []


def test_the_sandboxs_webhook_is_an_event_as_we_describe_it() -> None:
    body = notices.write("evt_1", "checkout.session.completed", {"id": "cs_1"}, created=1)
    assert contract.event_faults(json.loads(body)) == []
