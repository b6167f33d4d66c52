"""In which form a payout is made: by policy, by preference, by choice until it has left."""

from __future__ import annotations

import pytest

from marketplace import clock
from marketplace.credits import store_credit
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import proofs
from marketplace.money import Money
from marketplace.payouts import choosing, paying, promises
from marketplace.payouts.models import FormNotOpen, Payout, PayoutForm, PayoutState, TooLateToChoose
from marketplace.people.models import Person, Role
from marketplace.programme import versions
from tests.accounts import an_account
from tests.programme.policies import changed
from tests.web import Browser, page, post_form

THREE = {
    "payout.forms": [
        {"form": "gift_card", "promised_business_days": 3},
        {"form": "store_credit", "bonus_basis_points": 2_000, "promised_business_days": 3},
        {"form": "cash", "promised_business_days": 5},
    ],
    "payout.choice_days": 3,
}


@pytest.fixture
def seller(app) -> Person:
    with unit_of_work():
        versions.publish(changed(THREE), at=clock.now())
    return an_account()


def owe(seller: Person, reference: str = "T1", **more: object) -> Payout:
    with unit_of_work():
        wanted = {"reference": reference, "seller_id": seller.id, "amount": Money(10_000, "USD"), "at": clock.now()}
        return paying.owe_payout(order_id=None, **{**wanted, **more})


def again(payout: Payout) -> Payout:
    db.session.expire_all()
    return db.session.get_one(Payout, payout.id)


def cards() -> int:
    return db.session.query(GiftCard).count()


def test_unless_somebody_chooses_the_first_form_is_paid_after_the_days(app, advance, seller: Person) -> None:
    payout = owe(seller)
    runner.run_until_idle()
    assert (again(payout).state, cards()) == (PayoutState.DUE, 0)
    advance(days=3)
    runner.run_until_idle()
    assert (again(payout).state, again(payout).form, cards()) == (PayoutState.ISSUED, PayoutForm.GIFT_CARD, 1)


@pytest.mark.rule("NAP-38")
def test_what_was_promised_is_held_against_what_was_done(app, client: Browser, advance, seller: Person) -> None:
    at = clock.now()
    owe(seller, "T1", form=PayoutForm.STORE_CREDIT)
    late = owe(seller, "T2", form=PayoutForm.GIFT_CARD)
    owe(seller, "T3", form=PayoutForm.CASH)
    assert [(one.form, one.on_time, one.late, one.overdue) for one in promises.kept(at, clock.now())] == [
        (PayoutForm.GIFT_CARD, 0, 0, 0),
        (PayoutForm.STORE_CREDIT, 1, 0, 0),
        (PayoutForm.CASH, 0, 0, 0),
    ]
    advance(days=12)
    runner.run_until_idle()
    assert again(late).state is PayoutState.ISSUED
    found = {one.form: (one.on_time, one.late, one.overdue) for one in promises.kept(at, clock.now())}
    assert found[PayoutForm.GIFT_CARD] == (0, 1, 0)
    assert found[PayoutForm.CASH] == (0, 0, 1)
    client.sign_in_as(an_account(roles=[Role.MANAGER]))
    table = client.get("/desk/reports/payouts.csv").get_data(as_text=True).splitlines()
    assert table[1:] == ["Gift card,0,1,0", "Store credit,1,0,0", "Bank transfer,0,0,1"]


@pytest.mark.rule("NAP-02", "LUX-69", "BAL-06")
def test_a_member_chooses_on_the_page_until_it_is_paid(app, client: Browser, seller: Person) -> None:
    payout = owe(seller)
    client.sign_in_as(seller)
    text = page(client.get("/sell/payouts")).find("main").get_text(" ", strip=True)
    assert "$120" in text
    assert "$20.00 bonus included" in text
    post_form(client, "/sell/payouts", "choose-T1-cash")
    payout = again(payout)
    assert (payout.state, payout.form) == (PayoutState.DUE, PayoutForm.CASH)
    last = versions.current().calendar.end_of_business_day_after(payout.due_at, 5)
    assert payout.promised_by == last
    post_form(client, "/sell/payouts", "choose-T1-store_credit")
    payout = again(payout)
    assert (payout.state, payout.form) == (PayoutState.ISSUED, PayoutForm.STORE_CREDIT)
    assert store_credit.balance_of(seller.id, "USD", at=clock.now()) == Money(12_000, "USD")
    shown = page(client.get("/sell/payouts"))
    assert shown.find(id="choose-T1-cash") is None
    with pytest.raises(TooLateToChoose), unit_of_work():
        choosing.choose(payout, PayoutForm.CASH, by=seller, at=clock.now())
    stranger = app.test_client()
    stranger.sign_in_as(an_account())
    assert page(stranger.get("/sell/payouts")).find(attrs={"data-id": "T1"}) is None
    runner.run_until_idle()
    assert cards() == 0
    assert proofs.faults() == []


@pytest.mark.rule("NAP-38")
def test_a_form_that_is_chosen_late_is_promised_from_then_and_no_past_day_is_promised(
    app, client: Browser, advance, seller: Person
) -> None:
    payout = owe(seller, form=PayoutForm.CASH)
    first = payout.promised_by
    advance(days=12)
    client.sign_in_as(seller)
    shown = page(client.get("/sell/payouts"))
    row = shown.select_one("tr[data-id='T1']")
    assert row is not None and first is not None
    assert "by" not in row.get_text(" ", strip=True).split()
    post_form(client, "/sell/payouts", "choose-T1-cash")
    assert again(payout).promised_by == first  # the same form again is no new promise
    post_form(client, "/sell/payouts", "choose-T1-store_credit")
    payout = again(payout)
    assert payout.promised_by is not None and payout.promised_by > clock.now()


def test_a_preference_and_an_agreed_form_do_not_wait(app, seller: Person) -> None:
    with unit_of_work():
        choosing.prefer(seller, PayoutForm.STORE_CREDIT, at=clock.now())
    assert owe(seller).state is PayoutState.ISSUED
    agreed = owe(seller, "T2", form=PayoutForm.GIFT_CARD)
    runner.run_until_idle()
    assert (again(agreed).state, cards()) == (PayoutState.ISSUED, 1)


def test_a_form_the_terms_do_not_know_is_refused(app, seller: Person) -> None:
    earlier = versions.current()
    payout = owe(seller, terms_id=earlier.id)
    with unit_of_work():
        versions.publish(changed({}), at=clock.now())
        choosing.choose(again(payout), PayoutForm.STORE_CREDIT, by=seller, at=clock.now())  # its own terms: not today's
    later = owe(seller, "T2")
    with pytest.raises(FormNotOpen), unit_of_work():
        choosing.choose(again(later), PayoutForm.CASH, by=seller, at=clock.now())
    assert versions.current().id != earlier.id
