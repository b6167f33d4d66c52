"""In which forms a payout is made, what is given on top, by when, and how long credit is good for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marketplace import clock
from marketplace.credits import store_credit
from marketplace.credits.models import StoreCredit
from marketplace.database import db, unit_of_work
from marketplace.jobs import deadlines
from marketplace.money import Money
from marketplace.payouts import accounts, gates, paying, runs
from marketplace.payouts.accounts import BankDetails
from marketplace.payouts.cash_models import PayoutRun, PayoutTransfer, RunState
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.orders import wallets
from tests.programme.rows import Behaviour, Row, Scene

PAGE = "/help/getting-paid"
IN_CREDIT = {"payout.forms[0].form": "store_credit"}
TWO_FORMS = {
    "payout.forms": [
        {"form": "store_credit", "promised_business_days": 4},
        {"form": "gift_card", "promised_business_days": 4},
    ]
}


def a_payout() -> Payout:
    """A hundred dollars, owed to somebody new."""
    owed = Money(10_000, "USD")
    member = an_account()
    with unit_of_work():
        return paying.owe_payout(
            order_id=None, reference=f"T{member.id}", seller_id=member.id, amount=owed, at=clock.now()
        )


def credit_of(payout: Payout) -> StoreCredit:
    assert payout.store_credit_id is not None
    return db.session.get_one(StoreCredit, payout.store_credit_id)


def is_credited(minor: int) -> Behaviour:
    def given(scene: Scene) -> None:
        assert credit_of(a_payout()).initial_minor == minor

    return given


def promised_within(days: int) -> Behaviour:
    def promised(scene: Scene) -> None:
        payout = a_payout()
        last = versions.current().calendar.end_of_business_day_after(payout.due_at, days)
        assert payout.promised_by == last

    return promised


def waits_to_be_chosen(days: int) -> Behaviour:
    def waits(scene: Scene) -> None:
        payout = a_payout()
        deadline = deadlines.waiting_deadline("payout_leaves", payout)
        assert payout.issued_at is None
        assert deadline is not None
        assert deadline.due_at == payout.due_at + timedelta(days=days)

    return waits


def good_until(month: int) -> Behaviour:
    def good(scene: Scene) -> None:
        credit = credit_of(a_payout())
        zone = versions.current().calendar.zone
        begun, ends = credit.issued_at.astimezone(zone), credit.expires_at.astimezone(zone)
        assert (ends.year - begun.year) * 12 + ends.month - begun.month == month

    return good


def first_warned(days: int) -> Behaviour:
    def warned(scene: Scene) -> None:
        credit = credit_of(a_payout())
        deadline = deadlines.waiting_deadline(store_credit.WARNING, credit)
        assert deadline is not None
        assert deadline.due_at == credit.expires_at - timedelta(days=days)

    return warned


def revived_for(days: int) -> Behaviour:
    def revived(scene: Scene) -> None:
        credit = credit_of(a_payout())
        at = credit.expires_at + timedelta(days=1)
        with unit_of_work():
            store_credit.keep_alive([credit.id], at=at)
        assert credit.expires_at == at + timedelta(days=days)

    return revived


def a_seller_by_bank() -> Person:
    """Somebody with bank details that have rested, everything else of whom is missing."""
    member, at = an_account(), clock.now()
    with unit_of_work():
        accounts.change(member, BankDetails("Ada Quill", "12345678", "021000021"), at=at)
    return member


def misses(*steps: gates.Step) -> Behaviour:
    def missing(scene: Scene) -> None:
        member = a_seller_by_bank()
        later = clock.now() + timedelta(days=2)
        assert gates.missing(member.id, at=later) == list(steps)

    return missing


def refuses_an_account_abroad(scene: Scene) -> None:
    member, at = an_account(), clock.now()
    for details in (BankDetails("Ada", "DE89370400440532013000", ""), BankDetails("Ada", "12345678", "DEUTDEFF")):
        refused = None
        try:
            accounts.change(member, details, at=at)
        except accounts.AccountAbroad as refusal:
            refused = refusal
        assert refused is not None
    assert accounts.account_of(member.id) is None
    accounts.change(member, BankDetails("Ada", "12345678", "021000021"), at=at)


def rests(hours: int) -> Behaviour:
    def resting(scene: Scene) -> None:
        account = accounts.account_of(a_seller_by_bank().id)
        assert account is not None
        assert account.usable_from == account.changed_at + timedelta(hours=hours)

    return resting


def one_person_sends(minor: int) -> Behaviour:
    def alone(scene: Scene) -> None:
        run = PayoutRun(state=RunState.PREPARED, currency="USD")
        run.transfers.append(PayoutTransfer(amount_minor=minor, currency="USD"))
        assert not runs.needs_approval(run)
        run.transfers.append(PayoutTransfer(amount_minor=1, currency="USD"))
        assert runs.needs_approval(run)

    return alone


def pays_here(scene: Scene) -> None:
    """A member's credit pays at the checkout, before any card."""
    holder = wallets.a_holder(10_000)
    assert wallets.offer(holder).credit == Money(10_000, "USD")


def row(key: str, to: Any, behaviour: Behaviour, says: str, given: dict[str, Any] | None = None) -> Row:
    return Row(f"payout.{key}", to, behaviour, page=PAGE, says=says, given=given or {})


BY_BANK = {"payout.forms[0].form": "cash"}

ROWS = [
    Row(
        "payout.cash.needs",
        ["identity"],
        misses(gates.Step.IDENTITY),
        page=PAGE,
        says="We check who you are.",
        given={**BY_BANK, "payout.cash.needs": []},
    ),
    row("cash.cooling_hours", 48, rests(48), "newer than 48 hours", BY_BANK),
    row("cash.home_accounts_only", True, refuses_an_account_abroad, "in our own country only", BY_BANK),
    Row(
        "payout.cash.approval_above_minor",
        5_000,
        one_person_sends(5_000),
        untold="how the house controls itself is nobody else's business",
    ),
    row("forms[0].form", "store_credit", is_credited(10_000), "Store credit is yours alone"),
    row("forms[0].bonus_basis_points", 1_000, is_credited(11_000), "10% on top of what you receive", IN_CREDIT),
    row("forms[0].promised_business_days", 5, promised_within(5), "promised within 5 business days"),
    row("choice_days", 4, waits_to_be_chosen(4), "You have 4 days to choose", TWO_FORMS),
    row("store_credit.valid_months", 6, good_until(6), "good for 6 months", IN_CREDIT),
    row("store_credit.warning_days", [45], first_warned(45), "45 days before", IN_CREDIT),
    row("store_credit.returned_days", 90, revived_for(90), "at least 90 days", IN_CREDIT),
    row("store_credit.spends_at_checkout", True, pays_here, "also pays at our checkout", IN_CREDIT),
]
