"""The life of a buyback as it was agreed, written down apart from the code: every pair not here is refused by name."""

from __future__ import annotations

from marketplace.buybacks.states import ACTS_NEXT, BUYBACK, OVER
from marketplace.buybacks.states import BuybackState as S

AGREED = {
    "submitted": {"quote": "quoted", "decline": "declined", "withdraw": "withdrawn"},
    "quoted": {"accept": "accepted", "refuse": "refused", "hope": "hoped", "lapse": "lapsed", "switch": "confirmed"},
    "hoped": {"answer": "quoted", "withdraw": "withdrawn"},
    "accepted": {"scan": "inbound", "receive": "received", "withdraw": "withdrawn", "lapse": "lapsed"},
    "inbound": {"receive": "received", "lose": "lost"},
    "received": {"examine": "inspecting", "lose": "lost"},
    "inspecting": {"confirm": "confirmed", "revise": "revised", "fail": "failed", "lose": "lost"},
    "revised": {"take": "confirmed", "give_up": "going_back", "lose": "lost"},
    "failed": {"fetch": "going_back", "lose": "lost"},
    "confirmed": {"buy": "bought"},
    "bought": {"pay": "paid", "bounce": "unpaid"},
    "lost": {"pay": "paid", "bounce": "unpaid"},
    "paid": {"bounce": "unpaid"},
    "unpaid": {"pay": "paid"},
    "going_back": {"hand_back": "returned", "lose": "lost"},
}


def test_the_table_is_the_one_agreed_on() -> None:
    told = {(S(state), action): S(target) for state, moves in AGREED.items() for action, target in moves.items()}
    assert dict(BUYBACK.table) == told


def test_whoever_is_waited_for_is_one_and_what_is_over_waits_for_nobody() -> None:
    assert set(ACTS_NEXT) == set(S) - OVER
    assert {state for state in S if not any(source is state for source, _action in BUYBACK.table)} == OVER - {S.PAID}
