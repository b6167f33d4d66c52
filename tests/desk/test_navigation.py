"""The parts of the desk stand in one line, and none is out of reach."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.desk import home
from marketplace.desk.home import MOST_IN_LINE, VIEWS
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.web import Browser, page


def test_where_a_manager_has_more_parts_than_a_line_holds_the_seldom_ones_are_folded(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "_is_on", lambda _endpoint: True)
    client.sign_in_as(an_account(roles=[Role.MANAGER]))
    shown = page(client.get("/desk")).select_one("nav.masthead__shop")
    assert shown is not None
    everything, folded = shown.select("a"), shown.select("#desk-more[popover] a")
    assert len(everything) == len(VIEWS) and len(everything) - len(folded) < len(VIEWS) - 3
    assert [one.get_text(strip=True) for one in folded] == [
        "Sold elsewhere",
        "Gift cards",
        "Payouts",
        "People",
        "Saved replies",
        "Reports",
        "Audit trail",
    ]
    there = page(client.get("/desk/people")).select_one("[popovertarget=desk-more].is-here")
    assert there is not None and there.get_text(strip=True) == "More"


def test_whoever_has_few_parts_has_them_all_in_line(app: Flask, client: Browser) -> None:
    client.sign_in_as(an_account(roles=[Role.AGENT]))
    shown = page(client.get("/desk")).select_one("nav.masthead__shop")
    assert shown is not None and shown.select("[popover]") == []
    assert 3 < len(shown.select("a")) <= MOST_IN_LINE
