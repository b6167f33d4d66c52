"""Store credit: bound to its holder, spent in the order in which it ends, warned of, and ours once it has ended."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from marketplace import clock
from marketplace.credits import history, spending, store_credit
from marketplace.credits.models import ApiToken, Scope
from marketplace.database import db, unit_of_work
from marketplace.errors import NotFound
from marketplace.events import SYSTEM
from marketplace.jobs import runner
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from marketplace.payouts import paying
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account, mail_to
from tests.credits.tills import a_token
from tests.programme.policies import changed
from tests.web import Browser, page

CREDIT = {"payout.forms": [{"form": "store_credit", "bonus_basis_points": 1_000}]}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.fixture
def holder(app) -> Person:
    """A member in a programme that pays in store credit with a tenth on top."""
    with unit_of_work():
        versions.publish(changed(CREDIT), at=clock.now())
    return an_account()


@pytest.fixture
def till(app) -> ApiToken:
    token = ApiToken(name="shop", scope=Scope.STORE_CREDIT, token_hash="x", made_at=clock.now())
    db.session.add(token)
    db.session.commit()
    return token


def pay(holder: Person, minor: int, reference: str = "T1") -> None:
    with unit_of_work():
        paying.owe_payout(order_id=None, reference=reference, seller_id=holder.id, amount=usd(minor), at=clock.now())


def spend(holder: Person, minor: int, till: ApiToken) -> str:
    with unit_of_work():
        wanted = {"amount": usd(minor), "reference": "receipt 1", "token": till, "at": clock.now()}
        return spending.redeem_credit(holder=holder, **wanted).number


def left(holder: Person) -> int:
    return store_credit.balance_of(holder.id, "USD", at=clock.now()).minor


def liability() -> int:
    return -balance(Account.STORE_CREDIT_LIABILITY, "USD").minor


@pytest.mark.rule("NAP-02", "BAL-07", "GAP-13")
def test_a_payout_in_credit_is_worth_its_bonus_which_the_programme_pays(app, client: Browser, holder: Person) -> None:
    pay(holder, 10_005)
    runner.run_until_idle()
    assert (left(holder), liability()) == (11_006, 11_006)  # a tenth of 100.05 is 10.01, half up
    assert balance(Account.PAYOUT_BONUS, "USD") == usd(1_001)
    (letter,) = [letter for letter in mail_to(holder.email) if letter.message == "credit_ready"]
    assert re.search(r"Good until: \w{3}, \w{3} \d+, 20\d\d\n", letter.text)  # with its year: it is not this one
    assert "$110.06" in letter.subject + letter.text
    assert "$10.01" in letter.text
    client.sign_in_as(holder)
    assert "Store credit and a bonus of $10.01" in page(client.get("/sell/payouts")).get_text(" ", strip=True)
    _heads, [*_of, amount, bonus, _promised, _paid] = csv.reader(
        io.StringIO(client.get("/sell/payouts/statement.csv").get_data(as_text=True))
    )
    assert (amount, bonus) == ("$100.05", "$10.01")
    assert proofs.faults() == []


@pytest.mark.rule("NAP-43")
@pytest.mark.fault("G10")
def test_credit_is_warned_of_three_times_and_then_is_ours(app, advance, holder: Person, till: ApiToken) -> None:
    pay(holder, 10_000)
    spend(holder, 4_000, till)
    [credit] = store_credit.credits_of(holder)
    zone = versions.current().calendar.zone
    begun, ends = credit.issued_at.astimezone(zone).date(), credit.expires_at.astimezone(zone).date()
    assert (ends.year, ends.month) == (begun.year + 1, begun.month)

    def warned() -> int:
        runner.run_until_idle()
        return len([letter for letter in mail_to(holder.email) if letter.message == "credit_expires"])

    for days, letters in ((61, 0), (60, 1), (30, 2), (7, 3)):
        advance(seconds=(credit.expires_at - timedelta(days=days) - clock.now()).total_seconds())
        assert warned() == letters
    assert "$70" in mail_to(holder.email)[-1].subject
    advance(days=7, seconds=1)
    assert left(holder) == 0  # from that moment on, whenever it is swept
    assert warned() == 3
    assert (liability(), balance(Account.BREAKAGE, "USD")) == (0, usd(-7_000))
    assert proofs.faults() == []


@pytest.mark.rule("NAP-44")
@pytest.mark.fault("G10")
def test_nobody_spends_the_credit_of_another_or_more_than_there_is(app, holder: Person, till: ApiToken) -> None:
    pay(holder, 1_000)
    other = an_account()
    for person, minor in ((other, 1), (holder, 1_101)):
        with pytest.raises(spending.NotEnoughLeft), unit_of_work():
            spending.redeem_credit(holder=person, amount=usd(minor), reference="r", token=till, at=clock.now())
    assert (left(holder), liability()) == (1_100, 1_100)


def test_what_ends_first_is_spent_first_and_what_goes_back_is_good_for_a_while(
    app, advance, holder: Person, till: ApiToken
) -> None:
    pay(holder, 1_000, "T1")
    advance(days=200)
    pay(holder, 1_000, "T2")
    number = spend(holder, 1_500, till)
    first, second = sorted(store_credit.credits_of(holder), key=lambda one: one.id)
    assert {key: one.minor for key, one in store_credit.balances([first, second]).items()} == {
        first.id: 0,
        second.id: 700,
    }
    ended = first.expires_at
    advance(seconds=(ended - clock.now()).total_seconds() + 60)
    runner.run_until_idle()
    with unit_of_work():
        spending.reverse(number=number, token=till, at=clock.now())
    assert left(holder) == 2_200
    db.session.refresh(first)
    assert first.expires_at == clock.now() + timedelta(days=30)
    with pytest.raises(spending.AlreadyReversed), unit_of_work():
        spending.reverse(number=number, token=till, at=clock.now())
    stranger = ApiToken(name="other", scope=Scope.STORE_CREDIT, token_hash="y", made_at=clock.now())
    db.session.add(stranger)
    db.session.flush()
    with pytest.raises(NotFound):
        spending.reverse(number=number, token=stranger, at=clock.now())
    assert [(one.reference, one.amount.minor) for one in history.movements(holder)][-2:] == [
        ("T2", 1_100),
        ("T1", 1_100),
    ]
    assert proofs.faults() == []


@pytest.mark.rule("NAP-45")
def test_the_account_shows_balance_history_and_end(app, client: Browser, holder: Person, till: ApiToken) -> None:
    pay(holder, 10_000)
    spend(holder, 2_500, till)
    client.sign_in_as(holder)
    main = page(client.get("/account/credit")).find("main")
    assert main.find(attrs={"data-balance": "8500"}) is not None
    text = main.get_text(" ", strip=True)
    for words in ("$85", "$10.00 bonus included", "Paid to you", "Spent", "-$25"):
        assert words in text
    with unit_of_work():
        store_credit.end(store_credit.credits_of(holder)[0], order_id=None, by=SYSTEM, at=clock.now())
    text = page(client.get("/account/credit")).find("main").get_text(" ", strip=True)
    assert "Taken back with the sale" in text


@pytest.mark.rule("NAP-39")
def test_credit_lands_with_the_account_of_the_same_email_and_follows_it_to_a_new_one(
    client: Browser, holder: Person
) -> None:
    other = an_account()
    with unit_of_work():
        paying.owe_payout(order_id=None, reference="T1", seller_id=holder.id, amount=usd(8_000), at=clock.now())
    runner.run_until_idle()
    token = a_token(scope=Scope.STORE_CREDIT)

    def left_at(email: str) -> tuple[int, int | None]:
        """What the retailer's own shop is told of its customer of that address."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = client.post("/api/v1/store-credit/lookup", json={"email": email}, headers=headers)
        return answer.status_code, answer.get_json().get("balance")

    before = holder.email
    assert left_at(before) == left_at(before.upper()) == (200, 8_800)
    assert left_at(other.email)[1] is None
    with unit_of_work():
        db.session.get_one(Person, holder.id).email = "moved@example.com"
    assert left_at("moved@example.com") == (200, 8_800)
    assert left_at(before)[1] is None
