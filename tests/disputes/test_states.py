"""Every pair of state and action of a case, and what silence leads to in each state."""

from __future__ import annotations

from itertools import product

import pytest

from marketplace.disputes.states import DISPUTE, OPEN, OVER, SILENCE, DisputeState

LEADS_ON = {
    "opened": {"ask_seller": "awaiting_seller", "review": "in_review"},
    "awaiting_seller": {
        "review": "in_review",
        "offer": "awaiting_buyer",
        "agree": "closed",
        "agree_return": "return_label",
        "withdraw": "withdrawn",
    },
    "awaiting_buyer": {"review": "in_review", "agree": "closed", "withdraw": "withdrawn"},
    "in_review": {
        "withdraw": "withdrawn",
        "propose": "awaiting_approval",
        "decide": "decided",
        "decide_return": "return_label",
    },
    "awaiting_approval": {"send_back": "in_review", "decide": "decided", "decide_return": "return_label"},
    "decided": {"appeal": "in_review", "close": "closed"},
    "return_label": {"return_scanned": "return_in_transit", "return_delivered": "returned", "keep": "decided"},
    "return_in_transit": {"return_delivered": "returned", "return_lost": "return_lost"},
    "returned": {"receive": "decided", "report_swap": "in_review"},
    "return_lost": {"return_delivered": "returned", "appeal": "in_review", "close": "closed"},
    "closed": {},
    "withdrawn": {},
}


# A buyer's bank that gives the money back ends whatever case is open.
BY_THE_BANK = {state: {} if state in OVER else {"charge_back": "closed"} for state in DisputeState}


@pytest.mark.parametrize(("state", "action"), list(product(DisputeState, DISPUTE.refusals)))
def test_each_pair_leads_on_or_is_refused_by_name(state: DisputeState, action: str) -> None:
    if target := {**LEADS_ON[state], **BY_THE_BANK[state]}.get(action):
        assert DISPUTE.next_state(state, action) == target
    else:
        with pytest.raises(DISPUTE.refusals[action]):
            DISPUTE.next_state(state, action)


def test_each_refusal_says_something_of_its_own() -> None:
    words = {str(refusal.message) for refusal in DISPUTE.refusals.values()}
    assert all(words)
    assert len(words) == len(set(DISPUTE.refusals.values()))


def test_each_open_state_waits_for_exactly_one_and_says_what_silence_does() -> None:
    assert set(OPEN) == set(DisputeState) - set(OVER) - {DisputeState.OPENED}
    for silence in SILENCE.values():
        assert str(silence.outcome)


def test_nothing_leaves_a_case_that_is_over() -> None:
    assert [pair for pair in DISPUTE.table if pair[0] in OVER] == []
