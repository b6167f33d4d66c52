"""Every state machine, pair by pair: what may move moves where the table says, all else is refused by its own name."""

from __future__ import annotations

import enum
import importlib
import pkgutil
from collections.abc import Iterator

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


def _pairs() -> Iterator[tuple[str, enum.StrEnum, str]]:
    for name, machine in sorted(MACHINES.items()):
        for action in sorted(machine.refusals):
            for state in machine.states:
                yield name, state, action


def test_there_are_machines() -> None:
    assert {"Listing", "Order", "Checkout", "Parcel", "PaymentAttempt", "Refund", "Payout"} <= set(MACHINES)


@pytest.mark.parametrize(("name", "state", "action"), list(_pairs()))
def test_each_pair_moves_or_is_refused_by_name(name: str, state: enum.StrEnum, action: str) -> None:
    machine = MACHINES[name]
    if (state, action) in machine.table:
        assert machine.next_state(state, action) is machine.table[state, action]
        assert isinstance(machine.table[state, action], machine.states)
    else:
        with pytest.raises(machine.refusals[action]) as refused:
            machine.next_state(state, action)
        assert type(refused.value) is not Refusal


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
