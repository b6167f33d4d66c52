"""Every pair of state and action of orders and checkouts, checked against the table and by name."""

from __future__ import annotations

import enum
from itertools import product

import pytest

from marketplace.events import Machine
from marketplace.orders.states import CHECKOUT, ORDER, OrderState
from marketplace.payments.models import ATTEMPT, REFUND

MACHINES = {"checkout": CHECKOUT, "order": ORDER, "attempt": ATTEMPT, "refund": REFUND}
PAIRS = [
    pytest.param(machine, state, action, id=f"{name}-{state}-{action}")
    for name, machine in MACHINES.items()
    for state, action in product(machine.states, machine.refusals)
]


@pytest.mark.parametrize(("machine", "state", "action"), PAIRS)
def test_each_pair_leads_on_or_is_refused_by_name(machine: Machine, state: enum.StrEnum, action: str) -> None:
    if machine.allows(state, action):
        assert machine.next_state(state, action) is machine.table[state, action]
    else:
        with pytest.raises(machine.refusals[action]):
            machine.next_state(state, action)


@pytest.mark.parametrize(("machine"), MACHINES.values(), ids=MACHINES)
def test_every_refusal_has_words_of_its_own(machine: Machine) -> None:
    for refusal in machine.refusals.values():
        assert str(refusal.message) != ""
        assert refusal.status == 409


def test_no_order_leaves_a_closed_state_but_a_settled_one_that_is_refunded() -> None:
    leaves = {
        state: {action for (source, action) in ORDER.table if source == state} for state in ("settled", "refunded")
    }
    assert leaves == {"settled": {"refund_settled"}, "refunded": set()}
    assert ORDER.table[OrderState.SETTLED, "refund_settled"] is OrderState.REFUNDED
