"""Addresses are built as Werkzeug builds them, and nothing is compiled for it before the first."""

from __future__ import annotations

import pytest
from flask import Flask
from werkzeug.routing import BaseConverter, IntegerConverter, Map, Rule

from marketplace.routing import LazyRule


def _sample(place: BaseConverter) -> object:
    return 7 if isinstance(place, IntegerConverter) else "a b-ü"


def _built(rule: Rule, kind: type[Rule], converters: dict[str, type[BaseConverter]]) -> list[str]:
    """The address of a route alone, with values for its places: plain, asked for again, and with a value too many."""
    alone = Map([kind(rule.rule, endpoint="it", defaults=rule.defaults, methods=rule.methods)], converters=converters)
    bound = alone.bind("shop.test")
    values = {name: _sample(place) for name, place in rule._converters.items()}
    return [bound.build("it", values), bound.build("it", values), bound.build("it", {**values, "page": 2, "kept": "ü"})]


def test_every_route_builds_the_address_it_would_have_built(app: Flask) -> None:
    rules, converters = list(app.url_map.iter_rules()), app.url_map.converters
    assert {type(rule) for rule in rules} == {LazyRule}
    for rule in rules:
        assert _built(rule, LazyRule, converters) == _built(rule, Rule, converters), rule


def test_nothing_is_compiled_before_the_first_address_and_then_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    real = Rule._compile_builder
    monkeypatch.setattr(Rule, "_compile_builder", lambda rule, more: compiled.append(more) or real(rule, more))
    bound = Map([LazyRule("/p/<name>", endpoint="it")]).bind("shop.test")
    assert bound.match("/p/tote") == ("it", {"name": "tote"})
    assert compiled == []
    assert [bound.build("it", {"name": "tote"}) for _time in range(3)] == ["/p/tote"] * 3
    assert compiled == [True]
