"""Whatever the desk shows of states, letters, deadlines, money and news has words: none is shown by its raw name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from flask import Flask

from marketplace.custody.billing import FEE_RETURNED, FEE_SETTLED
from marketplace.database import Model
from marketplace.desk import labels, money_words
from marketplace.desk.event_words import ABOUT, EVENTS, about, what
from marketplace.desk.letter_words import LETTERS
from marketplace.disputes import bank_words
from marketplace.jobs import deadlines
from marketplace.orders.paying import PAID_TWICE
from marketplace.orders.refunding import EndReason

ROOT = Path(__file__).resolve().parents[2]


def calls(*names: str) -> Iterator[ast.Call]:
    """Every call in the product of a function of one of these names."""
    for node in all_calls():
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in names:
            yield node


@cache
def all_calls() -> list[ast.Call]:
    sources = (ROOT / "marketplace").rglob("*.py")
    nodes = (node for path in sources for node in ast.walk(ast.parse(path.read_text())))
    return [node for node in nodes if isinstance(node, ast.Call)]


def literal(call: ast.Call, place: int) -> str | None:
    given = call.args[place] if len(call.args) > place else None
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def test_each_reason_that_an_order_ends_or_money_goes_back_for_has_words() -> None:
    assert set(labels.ENDS) == {*EndReason, PAID_TWICE, FEE_SETTLED, FEE_RETURNED}


def test_each_letter_and_each_deadline_there_is_has_words(app: Flask) -> None:
    assert set(LETTERS) == {path.name for path in (ROOT / "templates" / "mail").iterdir()}
    assert set(labels.DEADLINES) == set(deadlines._sweeps)


def test_each_thing_that_can_happen_to_a_record_has_words() -> None:
    for mapper in Model.registry.mappers:
        machine = getattr(mapper.class_, "machine", None)
        if machine is not None:
            table = mapper.class_.__tablename__
            assert set(machine.refusals) <= set(EVENTS[table]), table
    assert set(EVENTS) == set(ABOUT)
    recorded = {action for call in calls("record", "transition", "transition_all") if (action := literal(call, 1))}
    assert recorded - {action for known in EVENTS.values() for action in known} == set()
    assert (about("disputes"), what("payouts", "keep")) == ("Case", "Let go by the bank, held by the desk")


def test_each_posting_has_words_for_why_it_was_made() -> None:
    posted = {kind for call in calls("Posting", "_post") if (kind := literal(call, 0))}
    posted |= {kind for call in calls("post_postage") if (kind := literal(call, 2))}
    assert len(posted) > 12
    assert posted | {"chargeback_funds", "refund", "refund_part"} <= set(money_words.KINDS)


def test_a_banks_reason_is_told_in_words_and_one_we_do_not_know_as_it_was_sent() -> None:
    assert bank_words.reason("product_not_received") == "The buyer says that it has not arrived"
    assert bank_words.reason("a_new_one") == "a_new_one"
