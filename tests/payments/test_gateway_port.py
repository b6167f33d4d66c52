"""What every implementation of the payment port must do: the sandbox's, and Stripe's on a double of Stripe."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from marketplace import clock
from marketplace.money import Money
from marketplace.payments.chargeback_models import ChargebackState
from marketplace.payments.gateway import (
    BadSignature,
    EvidenceRefused,
    Gateway,
    PaymentPage,
    RefundRefused,
    Upload,
)
from tests.payments.rigs import RIGS, Rig, a_key, expiry, request_for

EARLIER = timedelta(minutes=5)


@pytest.fixture(params=sorted(RIGS))
def rig(app, request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from RIGS[request.param]()


@pytest.fixture
def gateway(rig: Rig) -> Gateway:
    return rig.gateway


def opened(gateway: Gateway, minor: int = 25_000) -> tuple[str, PaymentPage]:
    key = a_key()
    return key, gateway.open_page(request_for(key, minor), key)


def paid(rig: Rig) -> str:
    """A paid session; returns the payment's name."""
    _key, page = opened(rig.gateway)
    rig.pay(page.session_ref)
    ref = rig.gateway.retrieve(page.session_ref).payment_ref
    assert ref is not None
    return ref


def test_the_same_key_opens_the_same_page_and_another_key_another(gateway: Gateway) -> None:
    key = a_key()
    request = request_for(key)
    page = gateway.open_page(request, key)
    assert gateway.open_page(request, key) == page
    assert opened(gateway)[1].session_ref != page.session_ref


def test_an_open_page_is_reported_and_found_by_our_key(gateway: Gateway) -> None:
    key, page = opened(gateway)
    report = gateway.retrieve(page.session_ref)
    assert (report.key, report.status, report.paid, report.amount) == (key, "open", False, Money(25_000, "USD"))
    assert report.page_url == page.url
    found = gateway.find(key, expires_at=expiry())
    assert found is not None and found.session_ref == page.session_ref
    assert gateway.find(a_key(), expires_at=expiry()) is None


def test_a_payment_names_its_money_and_its_card(rig: Rig) -> None:
    key, page = opened(rig.gateway)
    rig.pay(page.session_ref)
    report = rig.gateway.retrieve(page.session_ref)
    assert (report.status, report.paid, report.amount, report.key) == ("complete", True, Money(25_000, "USD"), key)
    assert report.payment_ref
    assert (report.card_brand, report.card_last_four) == ("visa", "4242")
    again_key, again = opened(rig.gateway)
    rig.pay(again.session_ref)
    other = rig.gateway.find(again_key, expires_at=expiry())
    assert other is not None and other.card_fingerprint == report.card_fingerprint is not None


def test_ending_a_page_twice_is_harmless_and_a_paid_one_stays_paid(rig: Rig) -> None:
    _key, page = opened(rig.gateway)
    for _time in range(2):
        ended = rig.gateway.expire(page.session_ref)
        assert (ended.status, ended.paid) == ("expired", False)
    _key, other = opened(rig.gateway)
    rig.pay(other.session_ref)
    assert rig.gateway.expire(other.session_ref).paid


def test_refunds_in_parts_never_exceed_the_payment(rig: Rig) -> None:
    payment = paid(rig)
    first = rig.gateway.refund(payment, Money(10_000, "USD"), "refund:one")
    assert (first.status, first.amount, first.key) == ("succeeded", Money(10_000, "USD"), "refund:one")
    assert rig.gateway.refund(payment, Money(10_000, "USD"), "refund:one") == first
    with pytest.raises(RefundRefused):
        rig.gateway.refund(payment, Money(15_001, "USD"), "refund:too much")
    second = rig.gateway.refund(payment, Money(15_000, "USD"), "refund:two")
    assert second.ref != first.ref
    with pytest.raises(RefundRefused):
        rig.gateway.refund(payment, Money(1, "USD"), "refund:more")
    assert rig.gateway.find_refund(payment, "refund:two") == second
    assert rig.gateway.find_refund(payment, "refund:too much") is None


def test_a_refund_that_comes_back_is_reported(rig: Rig) -> None:
    refund = rig.gateway.refund(paid(rig), Money(100, "USD"), "refund:late")
    rig.bounce(refund.ref)
    assert rig.gateway.retrieve_refund(refund.ref).status == "failed"


def test_what_happened_since_can_be_listed(rig: Rig) -> None:
    since = clock.wall() - EARLIER
    key, page = opened(rig.gateway)
    assert [report.key for report in rig.gateway.payments(since)] == [key]
    rig.pay(page.session_ref)
    [report] = rig.gateway.payments(since)
    assert (report.session_ref, report.paid, report.amount) == (page.session_ref, True, Money(25_000, "USD"))
    [news] = rig.gateway.news(since)
    assert (news.about, news.ref, news.key) == ("session", page.session_ref, key)
    refund = rig.gateway.refund(report.payment_ref or "", Money(100, "USD"), "refund:some")
    assert rig.gateway.refunds(since) == [refund]
    later = clock.wall() + timedelta(hours=1)
    assert (rig.gateway.news(later), rig.gateway.payments(later), rig.gateway.refunds(later)) == ([], [], [])


def test_a_webhook_is_the_same_news_as_the_list_has(rig: Rig) -> None:
    _key, page = opened(rig.gateway)
    rig.pay(page.session_ref)
    body, signature = rig.news_of(page.session_ref)
    notice = rig.gateway.read_notice(body, signature)
    assert [notice] == rig.gateway.news(clock.wall() - EARLIER)
    with pytest.raises(BadSignature):
        rig.gateway.read_notice(body.replace(b"25000", b"1"), signature)


@pytest.mark.fault("B18")
def test_a_bank_asks_takes_back_reads_evidence_once_and_gives_back(rig: Rig) -> None:
    since, payment = clock.wall() - EARLIER, paid(rig)
    gateway, whole, nothing = rig.gateway, Money(25_000, "USD"), Money(0, "USD")
    rig.bank(payment, "inquire")
    [asked] = gateway.chargebacks(since)
    assert (asked.status, asked.payment_ref, asked.amount) == (ChargebackState.INQUIRY, payment, whole)
    assert (asked.withdrawn, asked.fee, asked.answers) == (nothing, nothing, 0)
    assert asked.due_by is not None and asked.due_by > clock.wall()
    with pytest.raises(RefundRefused):
        gateway.refund(payment, Money(100, "USD"), "refund:meanwhile")
    rig.bank(payment, "charge_back")
    taken = gateway.retrieve_chargeback(asked.ref)
    assert (taken.status, taken.withdrawn) == (ChargebackState.NEEDS_ANSWER, whole)
    assert taken.fee > nothing
    upload = Upload(7, "receipt", "receipt.pdf", "application/pdf", b"%PDF-1.7 \x80\xff")
    file = gateway.upload_evidence(upload, "evidence:B1:7")
    assert gateway.upload_evidence(upload, "evidence:B1:7") == file
    answered = gateway.send_evidence(asked.ref, {"receipt": file, "customer_name": "Grace"}, "evidence:B1")
    assert (answered.status, answered.answers) == (ChargebackState.ANSWERED, 1)
    with pytest.raises(EvidenceRefused):
        gateway.send_evidence(asked.ref, {"customer_name": "Again"}, "evidence:B1:again")
    rig.bank(payment, "win")
    won = gateway.retrieve_chargeback(asked.ref)
    assert (won.status, won.withdrawn, won.fee) == (ChargebackState.WON, nothing, taken.fee)
    assert gateway.refund(payment, Money(100, "USD"), "refund:after").status == "succeeded"
