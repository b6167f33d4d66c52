"""What an enum's members are called on pages: every table of words is whole, and no raw value is ever shown."""

from __future__ import annotations

import enum
import importlib
import pkgutil
import re
from collections.abc import Iterator

from flask_babel import LazyString

import marketplace
from marketplace.desk import labels as desk_labels
from marketplace.jobs.alarms import AlarmKind
from marketplace.listings import labels as listing_labels
from marketplace.listings.states import ListingState
from marketplace.orders.states import OrderState
from tests.architecture.source import TEMPLATES, name_of

# An expression in text; one after a quote, a dash or an equals sign is part of an attribute.
_NAMED = r"[\w.]+\.(?:state|kind|role|status|channel|severity)"
RAW = re.compile(rf"""(?<![\w="'-])\{{\{{-?\s*{_NAMED}(?:\.\w+)?\s*-?\}}\}}""")
DRESSED = re.compile(rf"{_NAMED}\s*\|\s*(?:capitalize|replace|title)\b")  # a raw value made to look like a word


def _word_tables() -> Iterator[tuple[str, type[enum.Enum], dict[enum.Enum, LazyString]]]:
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        for name, thing in vars(importlib.import_module(module.name)).items():
            if not isinstance(thing, dict) or not thing:
                continue
            kinds = {type(key) for key in thing}
            words = all(isinstance(word, LazyString) for word in thing.values())
            if len(kinds) == 1 and words and issubclass(kind := kinds.pop(), enum.Enum):
                yield f"{module.name}.{name}", kind, thing


def test_a_table_of_words_names_every_member() -> None:
    tables = list(_word_tables())
    assert len(tables) >= 3
    assert {name: set(kind) - set(words) for name, kind, words in tables if set(kind) - set(words)} == {}


def test_no_two_members_are_called_alike() -> None:
    with_request = {name: [str(word) for word in words.values()] for name, _kind, words in _word_tables()}
    assert {name: words for name, words in with_request.items() if len(set(words)) < len(words)} == {}


def test_listings_orders_and_alarms_have_their_words() -> None:
    assert set(listing_labels.LABELS) == set(ListingState)
    assert set(desk_labels.ORDERS) == set(OrderState)
    assert set(desk_labels.ALARMS) == set(AlarmKind)


def test_no_page_shows_a_raw_value() -> None:
    found = {
        name_of(path): RAW.findall(said := path.read_text()) + DRESSED.findall(said)
        for path in TEMPLATES.rglob("*.html")
    }
    assert {name: places for name, places in found.items() if places} == {}


def test_the_search_for_raw_values_finds_one() -> None:
    assert RAW.search("<td>{{ order.state }}</td>")
    assert RAW.search("{{ flaw.severity.value }}")
    assert DRESSED.search('[(_("State"), parcel.state|replace("_", " ")|capitalize)]')
    assert not RAW.search(
        '<main data-state="{{ order.state }}" class="tag--{{ order.state }}">{{ states[order.state] }}'
    )
