"""Every route declares who may open it, the list is committed, and nothing slips by the gate."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from marketplace.errors import ProgrammingError
from marketplace.permissions import Gate, permission_of
from marketplace.settings import Settings
from tests.architecture.route_list import COMMITTED, route_lines
from tests.shop import make_shop


def test_every_route_declares_a_permission(shop: Flask) -> None:
    undeclared = [rule.rule for rule in shop.url_map.iter_rules() if permission_of(shop, rule.endpoint) is None]
    assert undeclared == []


def test_a_view_that_declares_none_is_refused(tmp_path) -> None:
    forgetful = make_shop(f"sqlite:///{tmp_path / 'empty.db'}", photos=tmp_path)
    forgetful.add_url_rule("/forgotten", "forgotten", lambda: "everything")
    with pytest.raises(ProgrammingError, match="forgotten"):
        forgetful.test_client().get("/forgotten")


def test_the_route_list_is_committed(shop: Flask) -> None:
    """Read the difference, then write it anew with ``python -m tests.architecture.route_list``."""
    assert route_lines(shop) == COMMITTED.read_text().splitlines()


def test_desk_pages_are_for_staff_and_sandbox_pages_for_the_sandbox(shop: Flask) -> None:
    for rule in shop.url_map.iter_rules():
        permission = permission_of(shop, rule.endpoint)
        assert permission is not None
        assert (permission.gate is Gate.STAFF) == rule.rule.startswith("/desk"), rule.rule
        assert (permission.gate is Gate.MACHINE) <= (
            rule.rule.startswith(("/api/", "/webhooks/", "/feeds/")) or rule.rule in {"/healthz", "/readyz", "/metrics"}
        ), rule.rule


def test_the_sandbox_is_not_there_without_its_switch(tmp_path) -> None:
    plain = make_shop(f"sqlite:///{tmp_path / 'empty.db'}", photos=tmp_path, sandbox=False)
    assert [rule.rule for rule in plain.url_map.iter_rules() if "sandbox" in rule.rule] == []
    assert Settings().sandbox is False


def test_paths_are_lower_case_words(shop: Flask) -> None:
    """Words, dashes and converters; no trailing slash but the root's."""
    word = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*(\.(json|txt|xml|css|webp|pdf|csv))?")
    for rule in shop.url_map.iter_rules():
        if rule.endpoint == "static" or rule.rule == "/":
            continue
        for part in rule.rule[1:].split("/"):
            plain = re.sub(r"-?<[^>]+>(\.[a-z0-9]+)?", "", part)
            assert word.fullmatch(plain) or not plain, rule.rule
