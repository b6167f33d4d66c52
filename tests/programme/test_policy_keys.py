"""The table: for every key of the policy the behaviour it steers and the page that states it, each run with it changed.

A key without a row fails, so a key that nothing steers cannot be added. A behaviour has to fail while the key is
unchanged: so it cannot pass by chance.
"""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from marketplace.errors import Refusal
from tests.programme.keys import general, leaf_keys
from tests.programme.rows import Row, Scene
from tests.programme.table import ROWS
from tests.web import Browser

FORMAT = {"schema"}  # the file's own format rather than a rule: test_reading refuses any other


@pytest.fixture
def scene(app: Flask, client: Browser) -> Scene:
    return Scene(app, client)


def test_every_key_has_a_row_and_every_row_a_key() -> None:
    rows = {general(row.key) for row in ROWS}
    keys = set(leaf_keys()) - FORMAT
    assert keys - rows == set(), "keys without a row"
    assert rows - keys == set(), "rows without a key"


def test_no_key_stands_in_the_table_twice() -> None:
    assert [key for key, times in Counter(general(row.key) for row in ROWS).items() if times > 1] == []


def test_a_row_names_a_page_or_says_why_there_is_none() -> None:
    assert [row.key for row in ROWS if bool(row.page) == bool(row.untold)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_the_key_steers_its_behaviour(row: Row, scene: Scene) -> None:
    scene.publish(row.before)
    with pytest.raises((AssertionError, Refusal)):
        row.behaviour(scene)
    scene.publish(row.after)
    row.behaviour(scene)


@pytest.mark.parametrize("row", [row for row in ROWS if row.page], ids=lambda row: row.key)
def test_the_page_states_the_key(row: Row, scene: Scene) -> None:
    scene.publish(row.before)
    assert row.says not in scene.text(row.page or "")
    scene.publish(row.after)
    assert row.says in scene.text(row.page or "")
