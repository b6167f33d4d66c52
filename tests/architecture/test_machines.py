"""Every state machine, pair by pair: what may move moves where the table says, all else is refused by its own name."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from itertools import product

import pytest

import marketplace
from marketplace.database import db
from marketplace.errors import ProgrammingError, Refusal
from marketplace.events import Machine


def _machines() -> dict[str, Machine]:
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)
    models = [mapper.class_ for mapper in db.Model.registry.mappers]
    return {model.__name__: model.machine for model in models if hasattr(model, "machine")}


MACHINES = _machines()


def test_there_are_machines() -> None:
    assert {"Listing", "Order", "Checkout", "Parcel", "PaymentAttempt", "Refund", "Payout"} <= set(MACHINES)


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_each_pair_moves_or_is_refused_by_name(name: str) -> None:
    machine = MACHINES[name]
    pairs = list(product(machine.states, sorted(machine.refusals)))
    assert [(state, action) for state, action in pairs if not _is_as_the_table_says(machine, state, action)] == []
    assert set(machine.table) <= set(pairs)


def _is_as_the_table_says(machine: Machine, state: enum.StrEnum, action: str) -> bool:
    expected = machine.table.get((state, action))
    try:
        reached = machine.next_state(state, action)
    except Refusal as refused:
        is_named = isinstance(refused, machine.refusals[action]) and type(refused) is not Refusal
        return expected is None and is_named
    return reached is expected and isinstance(reached, machine.states)


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_refusals_have_names_and_words_of_their_own(name: str) -> None:
    for refusal in MACHINES[name].refusals.values():
        assert issubclass(refusal, Refusal) and refusal is not Refusal
        assert refusal.message is not Refusal.message, refusal.__name__


@pytest.mark.parametrize("name", sorted(MACHINES))
def test_every_state_can_be_reached(name: str) -> None:
    machine = MACHINES[name]
    first = next(iter(machine.states))
    assert set(machine.states) == {first, *machine.table.values()}


def test_an_action_without_a_named_refusal_is_not_accepted() -> None:
    class Light(enum.StrEnum):
        OFF = "off"
        ON = "on"

    with pytest.raises(ProgrammingError, match="switch"):
        Machine(states=Light, table={(Light.OFF, "switch"): Light.ON}, refusals={})
