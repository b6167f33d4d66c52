"""Stripe's troubles, told apart: certainly not done, perhaps done, refused for good, asked wrongly (B14, B15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import stripe
from flask import Flask
from werkzeug.datastructures import Headers

from marketplace import doctor
from marketplace.jobs.outbox import Misused, NotDone, OutcomeUnknown
from marketplace.money import Money
from marketplace.payments import stripe_api
from marketplace.payments.gateway import BadSignature, ForeignNotice, PageRefused, RefundRefused
from marketplace.payments.stripe import StripeGateway
from marketplace.payments.stripe_api import API_VERSION
from marketplace.protection import harden
from marketplace.settings import UnsafeSettings
from tests.doubles.faults import Fault, fail_after_work, lose_answer, lose_request, refuse
from tests.doubles.stripe import SECRET, StripeDouble
from tests.payments.rigs import a_key, expiry, request_for, stripe_gateway
from tests.shop import SETTINGS

BUSY = {"error": {"type": "api_error", "message": "Sorry."}}
KEY_IN_USE = {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "Wait."}}
WAYS_TO_FAIL = {
    "reset": lose_answer("reset"),
    "silent": lose_answer("silence"),
    "cut": lose_answer("cut"),
    "500": fail_after_work(500, BUSY),
    "502 without words": fail_after_work(502, "Bad Gateway"),
    "409": refuse(409, KEY_IN_USE),
    "429": refuse(429, {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Slow."}}),
    "never arrived": lose_request(),
}


@pytest.fixture
def double() -> Iterator[StripeDouble]:
    with StripeDouble() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def gateway(double: StripeDouble) -> StripeGateway:
    return stripe_gateway(double, silence=0.25)


@pytest.fixture
def patient(double: StripeDouble) -> StripeGateway:
    """For counting calls: on a busy machine the hasty one may ask again before its answer is there."""
    return stripe_gateway(double, silence=10.0)


def paid(gateway: StripeGateway, double: StripeDouble) -> str:
    key = a_key()
    page = gateway.open_page(request_for(key), key)
    return str(double.pay(page.session_ref)["payment_intent"])


def keys_of(double: StripeDouble, operation: str) -> list[str]:
    return [call.headers["idempotency-key"] for call in double.of(operation)]


def test_the_library_speaks_the_version_we_pinned() -> None:
    assert stripe.api_version == API_VERSION == "2026-05-27.dahlia"


@pytest.mark.fault("B14")
@pytest.mark.parametrize("way", sorted(WAYS_TO_FAIL))
def test_a_page_whose_opening_failed_once_is_opened_under_the_same_key(
    double: StripeDouble, gateway: StripeGateway, way: str
) -> None:
    key = a_key()
    double.plan("create_session", WAYS_TO_FAIL[way])
    page = gateway.open_page(request_for(key), key)
    assert list(double.sessions) == [page.session_ref]
    assert keys_of(double, "create_session") == [key, key]


@pytest.mark.fault("B14")
@pytest.mark.parametrize("way", sorted(WAYS_TO_FAIL))
def test_a_refund_whose_answer_was_lost_once_is_one_refund(
    double: StripeDouble, gateway: StripeGateway, way: str
) -> None:
    payment = paid(gateway, double)
    double.plan("create_refund", WAYS_TO_FAIL[way])
    report = gateway.refund(payment, Money(9_000, "USD"), "refund:R1")
    assert list(double.refunds) == [report.ref]
    assert keys_of(double, "create_refund") == ["refund:R1"] * 2


def test_no_further_try_begins_when_somebody_has_waited_long(
    double: StripeDouble, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_api, "PATIENCE", 0.1)
    key = a_key()
    request = request_for(key)
    double.plan("create_session", WAYS_TO_FAIL["silent"])
    with pytest.raises(OutcomeUnknown):
        gateway.open_page(request, key)
    assert double.count("create_session") == 1
    assert gateway.open_page(request, key).session_ref in double.sessions


@pytest.mark.parametrize(
    ("faults", "trouble"),
    [
        ([WAYS_TO_FAIL["500"]] * 3, OutcomeUnknown),
        ([WAYS_TO_FAIL["silent"]] * 3, OutcomeUnknown),
        ([WAYS_TO_FAIL["reset"], WAYS_TO_FAIL["429"], WAYS_TO_FAIL["429"]], OutcomeUnknown),
        ([WAYS_TO_FAIL["429"]] * 3, NotDone),
        ([refuse(401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}})], NotDone),
        ([refuse(500, BUSY, Stripe_Should_Retry="false")], OutcomeUnknown),
    ],
)
def test_what_fails_for_good_says_whether_it_may_have_been_done(
    double: StripeDouble, gateway: StripeGateway, faults: list[Fault], trouble: type[Exception]
) -> None:
    key = a_key()
    double.plan("create_session", *faults)
    with pytest.raises(trouble):
        gateway.open_page(request_for(key), key)
    assert double.count("create_session") == len(faults)
    double.behave()
    found = gateway.find(key, expires_at=expiry())
    assert (found is not None) == any(
        fault.works and fault.status in (None, 500) and fault.reply != "send" for fault in faults
    )


def test_nobody_there_is_certainly_not_done(double: StripeDouble, gateway: StripeGateway) -> None:
    double.stop()
    with pytest.raises(NotDone):
        gateway.open_page(request_for("PA-1"), "PA-1")
    with pytest.raises(NotDone):
        gateway.retrieve("cs_test_1")
    double.start()
    assert double.calls == []


def test_a_question_without_an_answer_is_simply_not_done(double: StripeDouble, gateway: StripeGateway) -> None:
    double.always("retrieve_session", lose_answer())
    with pytest.raises(NotDone):
        gateway.retrieve("cs_test_1")


@pytest.mark.fault("B15")
def test_a_key_with_another_request_is_our_own_fault_and_tried_once(
    double: StripeDouble, patient: StripeGateway
) -> None:
    key = a_key()
    patient.open_page(request_for(key), key)
    with pytest.raises(Misused):
        patient.open_page({**request_for(key), "email": "someone-else@example.com"}, key)
    assert double.count("create_session") == 2
    assert len(double.sessions) == 1


def test_what_stripe_refuses_for_good_is_not_asked_again(double: StripeDouble, patient: StripeGateway) -> None:
    with pytest.raises(PageRefused):
        patient.open_page(request_for("PA-late", minutes=29), "PA-late")
    with pytest.raises(RefundRefused, match="resource_missing"):
        patient.refund("pi_of_nobody", Money(1, "USD"), "refund:1")
    with pytest.raises(LookupError):
        patient.retrieve("cs_test_of_nobody")
    assert [call.operation for call in double.calls] == ["create_session", "create_refund", "retrieve_session"]


def test_ending_a_page_is_sure_even_where_its_answer_is_lost(double: StripeDouble, gateway: StripeGateway) -> None:
    key = a_key()
    page = gateway.open_page(request_for(key), key)
    double.always("expire_session", fail_after_work(500, BUSY))
    assert gateway.expire(page.session_ref).status == "expired"
    double.behave()
    other = a_key()
    page = gateway.open_page(request_for(other), other)
    double.always("expire_session", refuse(500, BUSY))
    with pytest.raises(OutcomeUnknown):
        gateway.expire(page.session_ref)
    assert set(keys_of(double, "expire_session")) == {f"expire:{ref}" for ref in double.sessions}


def test_a_refund_may_take_its_time(double: StripeDouble, gateway: StripeGateway) -> None:
    double.new_refunds = "pending"
    report = gateway.refund(paid(gateway, double), Money(100, "USD"), "refund:slow")
    assert report.status == "pending"
    double.end_refund(report.ref, "succeeded")
    assert gateway.retrieve_refund(report.ref).status == "succeeded"


def test_long_lists_are_read_to_their_end(
    double: StripeDouble, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.payments.stripe.MOST_A_PAGE", 2)
    keys = [a_key() for _ in range(5)]
    for key in keys:
        gateway.open_page(request_for(key), key)
    found = gateway.find(keys[0], expires_at=expiry())
    assert found is not None and found.key == keys[0]
    assert double.count("list_sessions") == 3


@pytest.mark.fault("B12")
@pytest.mark.parametrize("foreign", [{"livemode": True}, {"account": "acct_of_another"}])
def test_signed_news_of_another_mode_or_account_is_foreign(
    app: Flask, double: StripeDouble, gateway: StripeGateway, foreign: dict[str, object]
) -> None:
    key = a_key()
    page = gateway.open_page(request_for(key), key)
    double.tell("checkout.session.completed", double.sessions[page.session_ref], **foreign)
    body = double.postbox.sent[-1]
    with pytest.raises(ForeignNotice):
        gateway.read_notice(body, double.postbox.signature(body))


@pytest.mark.fault("B11")
@pytest.mark.parametrize("seconds", [-301, 301])
def test_news_from_long_ago_or_from_the_future_is_forged(
    app: Flask, double: StripeDouble, gateway: StripeGateway, seconds: int
) -> None:
    key = a_key()
    page = gateway.open_page(request_for(key), key)
    double.tell("checkout.session.completed", double.sessions[page.session_ref])
    body = double.postbox.sent[-1]
    now = int(double.events[list(double.events)[-1]]["created"])
    assert gateway.read_notice(body, double.postbox.signature(body)).about == "session"
    with pytest.raises(BadSignature):
        gateway.read_notice(body, double.postbox.signature(body, at=now + seconds + (2 if seconds > 0 else -2)))


# Settings ------------------------------------------------------------------------------------------------------------

STRIPE = replace(SETTINGS, payments="stripe", stripe_api_key="sk_test_1", stripe_webhook_secret=SECRET)
LIVE = {"stripe_api_key": "sk_live_1", "sandbox": False}


def test_a_test_key_plays_in_the_sandbox() -> None:
    assert STRIPE.objections() == []
    assert replace(STRIPE, stripe_api_base="http://127.0.0.1:9", **LIVE).objections() == []


def test_a_house_that_tries_its_production_with_a_test_key_is_told_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment, key, trouble in (
        ("production", "sk_test_1", "STRIPE_API_KEY is a test key: nobody's money moves"),
        ("production", "sk_live_1", ""),
        ("development", "sk_test_1", ""),
    ):
        settings = replace(STRIPE, environment=environment, stripe_api_key=key)
        monkeypatch.setitem(app.config, "SETTINGS", settings)
        check = next(check for check in doctor.examine() if check.name == "adapters")
        assert check.trouble == trouble


@pytest.mark.fault("X17")
@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"stripe_api_key": ""}, "STRIPE_API_KEY"),
        ({"stripe_api_key": "pk_test_public"}, "STRIPE_API_KEY"),
        ({"stripe_webhook_secret": ""}, "STRIPE_WEBHOOK_SECRET"),
        ({"stripe_api_key": "sk_live_1"}, "SANDBOX=1"),
        ({"stripe_api_base": "http://stripe.example"}, "STRIPE_API_BASE"),
        ({"stripe_files_base": "ftp://127.0.0.1"}, "STRIPE_FILES_BASE"),
    ],
)
def test_stripe_does_not_start_without_what_it_needs(changes: dict[str, object], why: str) -> None:
    settings = replace(STRIPE, **changes)  # type: ignore[arg-type]
    assert any(why in objection for objection in settings.objections()), settings.objections()
    with pytest.raises(UnsafeSettings):
        settings.refuse_unsafe()


def test_no_secret_shows_where_settings_are_printed() -> None:
    assert "sk_test_1" not in repr(STRIPE) and SECRET not in repr(STRIPE)


def test_forms_may_lead_to_the_payment_page_and_nowhere_else() -> None:
    assert STRIPE.payment_origins == ("https://checkout.stripe.com",)
    near = ("http://127.0.0.1:*", "http://localhost:*")
    assert replace(STRIPE, stripe_api_base="http://127.0.0.1:9/x").payment_origins[1:] == near
    far = replace(STRIPE, stripe_api_base="https://stripe.example/x")
    assert far.payment_origins[1:] == ("https://stripe.example",)


def test_browsers_are_told_of_the_payment_page() -> None:
    headers = Headers()
    harden(headers, replace(STRIPE, sandbox_payment_origin="http://elsewhere.example"))
    policy = headers["Content-Security-Policy"]
    assert "form-action 'self' http://localhost https://checkout.stripe.com;" in policy
