"""The demo world of each engine, built once a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.demo.worlds import World, Worlds
from tests.plugins.databases import ENGINES, Databases, why_not


@pytest.fixture(scope="session")
def worlds(
    request: pytest.FixtureRequest, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Worlds]:
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if hasattr(request.config, "workerinput") else base) / "demo-worlds"
    shared.mkdir(exist_ok=True)
    made = Worlds(databases, shared)
    yield made
    made.close()


@pytest.fixture
def world(engine: str, worlds: Worlds) -> World:
    """The demo world as it was left by its builder. For reading: other tests see the same one."""
    return worlds.of(engine)


@pytest.fixture
def changeable_world(engine: str, worlds: Worlds) -> Iterator[World]:
    """A copy of the demo world for one test."""
    with worlds.changeable(engine) as copied:
        yield copied


@pytest.fixture
def two_worlds(request: pytest.FixtureRequest, worlds: Worlds) -> tuple[World, World]:
    """Two worlds that were built independently of each other, on the same day."""
    for engine in ENGINES:
        if why := why_not(engine, request.config):
            pytest.skip(why)
    first, second = (worlds.of(engine) for engine in ENGINES)
    if first.day != second.day:
        pytest.skip("midnight passed between the two buildings")
    return first, second
