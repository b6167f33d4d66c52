"""The gift-card API, call by call, as a till sees it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from marketplace.credits.idempotency import forget_codes
from marketplace.credits.models import GiftCard, IdempotentAnswer, Redemption
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.ledger import Account, balance, proofs
from marketplace.money import Money
from tests.credits.tills import Till, error, held


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def counts() -> tuple[int, int, int]:
    """How many cards, redemptions and ledger transactions there are."""
    tables = ("gift_cards", "redemptions", "ledger_transactions")
    return tuple(db.session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in tables)  # type: ignore[return-value]


@pytest.fixture
def till(client) -> Till:
    return Till(client)


# Issuing -------------------------------------------------------------------------------------------------------------


def test_a_card_is_issued_with_its_code_and_its_liability(till: Till) -> None:
    answer = till.issue(8_000, reference="R7K2M9QXA")
    assert answer.status_code == 201
    card = answer.json
    assert re.fullmatch(r"([0-9A-Z]{4}-){6}[0-9A-Z]{4}", card["code"])
    assert card["last_four"] == card["code"][-4:]
    assert (card["amount"], card["balance"], card["currency"]) == (8_000, 8_000, "USD")
    assert (card["reference"], card["state"]) == ("R7K2M9QXA", "active")
    assert balance(Account.CHANNEL_RECEIVABLE, "USD") == usd(8_000)
    assert balance(Account.GIFT_CARD_LIABILITY, "USD") == usd(-8_000)
    assert proofs.faults() == []


def test_one_card_a_reference(till: Till) -> None:
    till.issue(8_000, reference="R1")
    before = counts()
    assert error(till.issue(8_000, reference="R1")) == (409, "reference_taken")
    assert counts() == before


def test_two_shops_have_references_of_their_own(client, till: Till) -> None:
    other = Till(client)
    first, second = till.issue(8_000, reference="R1").json, other.issue(5_000, reference="R1").json
    assert first["number"] != second["number"]
    assert [card["number"] for card in till.find("R1").json["gift_cards"]] == [first["number"]]
    assert [card["number"] for card in other.find("R1").json["gift_cards"]] == [second["number"]]


def test_a_card_is_found_by_its_reference_without_its_code(till: Till) -> None:
    issued = till.issue(8_000, reference="R1").json
    till.redeem(issued["code"], 3_000)
    (found,) = till.find("R1").json["gift_cards"]
    assert found == {**{key: issued[key] for key in issued if key != "code"}, "balance": 5_000}
    assert till.find("R2").json == {"gift_cards": []}


def test_money_of_another_market_is_refused(till: Till) -> None:
    answer = till.post("", {"amount": 100, "currency": "EUR", "reference": "R1"})
    assert error(answer) == (409, "wrong_currency")
    assert counts() == (0, 0, 0)


# Spending ------------------------------------------------------------------------------------------------------------


def test_a_card_is_spent_in_parts_to_the_last_cent(till: Till) -> None:
    code = till.card(8_000)
    first = till.redeem(code, 2_999)
    assert (first.status_code, first.json["gift_card"]["balance"]) == (201, 5_001)
    assert till.look_up(code).json["balance"] == 5_001
    assert till.redeem(code, 5_001).json["gift_card"]["balance"] == 0
    assert held(code) == usd(0)
    # What the brand's tills gave away is settled with them: the shops' receivable is what it was before the card.
    assert balance(Account.CHANNEL_RECEIVABLE, "USD") == usd(0)
    assert balance(Account.CLEARING, "USD") == usd(0)
    assert proofs.faults() == []


def test_never_more_than_the_card_holds(till: Till) -> None:
    code = till.card(8_000)
    till.redeem(code, 3_000)
    before = counts()
    answer = till.redeem(code, 5_001)
    assert error(answer) == (409, "not_enough_left")
    assert answer.json["error"]["balance"] == 5_000
    assert (counts(), held(code)) == (before, usd(5_000))


def test_a_card_in_another_currency_is_refused(till: Till) -> None:
    code = till.card(8_000)
    answer = till.post("/redemptions", {"code": code, "amount": 100, "currency": "EUR", "reference": "r"})
    assert error(answer) == (409, "wrong_currency")
    assert held(code) == usd(8_000)


def test_a_code_works_however_it_is_typed(till: Till) -> None:
    code = till.card(8_000)
    assert till.look_up(code.lower().replace("-", " ")).json["balance"] == 8_000


# Reversing -----------------------------------------------------------------------------------------------------------


def test_a_redemption_is_reversed_once(till: Till) -> None:
    code = till.card(8_000)
    redemption = till.redeem(code, 3_000).json["id"]
    answer = till.reverse(redemption)
    assert (answer.status_code, answer.json["state"]) == (200, "reversed")
    assert answer.json["gift_card"]["balance"] == 8_000
    before = counts()
    assert error(till.reverse(redemption)) == (409, "already_reversed")
    assert (counts(), held(code)) == (before, usd(8_000))
    assert proofs.faults() == []


@pytest.mark.fault("P04")
def test_only_the_till_that_took_it_can_reverse_it(client, till: Till) -> None:
    code = till.card(8_000)
    redemption = till.redeem(code, 3_000).json["id"]
    assert error(Till(client).reverse(redemption)) == (404, "not_found")
    assert error(till.reverse("S0000000000")) == (404, "not_found")
    assert held(code) == usd(5_000)


# One key, one effect -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["issue", "redeem", "reverse"])
def test_a_repeated_call_gets_the_same_answer_and_does_nothing_twice(till: Till, verb: str) -> None:
    code = till.card(8_000)
    redemption = till.redeem(code, 1_000).json["id"]
    call = {
        "issue": lambda: till.issue(500, reference="R1", key="once"),
        "redeem": lambda: till.redeem(code, 3_000, key="once"),
        "reverse": lambda: till.reverse(redemption, key="once"),
    }[verb]
    first = call()
    after = counts()
    again = [call() for _ in range(3)]
    assert {(answer.status_code, answer.text) for answer in (first, *again)} == {(first.status_code, first.text)}
    assert first.status_code < 300
    assert counts() == after


def test_a_repeat_is_known_by_its_content_not_its_spacing(till: Till) -> None:
    first = till.issue(500, reference="R1", key="once")
    spaced = '{ "reference":"R1",\n "currency":"USD", "amount":500 }'
    headers = {"Content-Type": "application/json; charset=utf-8"}
    again = till.client.post(
        "/api/v1/gift-cards",
        data=spaced,
        headers={"Authorization": f"Bearer {till.token}", "Idempotency-Key": "once", **headers},
    )
    assert (again.status_code, again.json) == (201, first.json)


def test_a_refusal_is_remembered_too(till: Till) -> None:
    code = till.card(1_000)
    assert error(till.redeem(code, 1_001, key="once")) == (409, "not_enough_left")
    assert error(till.redeem(code, 1_001, key="once")) == (409, "not_enough_left")
    assert held(code) == usd(1_000)


@pytest.mark.parametrize("change", [{"amount": 501}, {"reference": "R2"}])
def test_the_same_key_for_something_else_is_refused(till: Till, change: dict[str, object]) -> None:
    till.issue(500, reference="R1", key="once")
    before = counts()
    wanted = {"amount": 500, "currency": "USD", "reference": "R1", **change}
    assert error(till.post("", wanted, key="once")) == (422, "idempotency_key_reused")
    assert counts() == before


def test_the_same_key_for_another_call_is_refused(till: Till) -> None:
    code = till.card(500)
    first, second = (till.redeem(code, 100).json["id"] for _ in range(2))
    assert till.reverse(first, key="once").status_code == 200
    assert error(till.reverse(second, key="once")) == (422, "idempotency_key_reused")
    assert held(code) == usd(400)


def test_two_callers_may_choose_the_same_key(client, till: Till) -> None:
    other = Till(client)
    assert till.issue(500, key="once").json["number"] != other.issue(500, key="once").json["number"]


@pytest.mark.parametrize("key", ["", " ", "two words", "ключ".encode().decode("latin-1"), "k" * 256, "tab\there"])
def test_a_call_that_moves_money_needs_a_key(till: Till, key: str) -> None:
    code = till.card(500)
    before = counts()
    for path, body in (
        ("", {"amount": 1, "currency": "USD", "reference": "R9"}),
        ("/redemptions", {"code": code, "amount": 1, "currency": "USD", "reference": "r"}),
    ):
        answer = till.post(path, body, headers={"Idempotency-Key": key})
        assert error(answer) == (400, "idempotency_key_missing")
    assert counts() == before


@pytest.mark.fault("G05")
def test_no_code_is_kept_in_the_clear(app, till: Till) -> None:
    code = till.card(8_000)
    till.redeem(code, 100)
    figures = code.replace("-", "")
    for table in db.metadata.tables.values():
        for row in db.session.execute(sa.select(table)):
            text = " ".join(repr(bytes(value) if isinstance(value, memoryview) else value) for value in row)
            assert code not in text and figures not in text and code[:4] + "-" not in text, table.name
    assert db.session.scalars(sa.select(GiftCard.last_four)).one() == code[-4:]


def test_a_lost_answers_code_is_kept_sealed_for_thirty_days(app, till: Till, advance) -> None:
    first = till.issue(500, reference="R1", key="once")
    assert db.session.scalars(sa.select(IdempotentAnswer.sealed)).one()
    advance(days=30)
    runner.run_until_idle()
    assert forget_codes() == 0
    assert till.issue(500, reference="R1", key="once").json["code"] == first.json["code"]
    advance(seconds=1)
    assert runner.run_once() == 1, "the runner finds out that there is something to forget"
    assert forget_codes() == 0
    assert db.session.scalars(sa.select(IdempotentAnswer.sealed)).one() is None
    repeat = till.issue(500, reference="R1", key="once")
    assert (repeat.status_code, repeat.json) == (201, {**first.json, "code": None})


def test_redemptions_name_the_till_that_took_them(till: Till) -> None:
    code = till.card(500)
    till.redeem(code, 100, reference="receipt 77")
    spent = db.session.scalars(sa.select(Redemption)).one()
    assert (spent.reference, spent.amount) == ("receipt 77", usd(100))
    assert spent.token_id is not None
