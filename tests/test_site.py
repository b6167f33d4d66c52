"""Every page stands in the programme's frame; error pages stand without it."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from marketplace.programme import versions
from marketplace.programme.versions import PublishedPolicy
from tests.apart import apart


def page(client: FlaskClient, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).data, "html5lib")


@pytest.mark.rule("MK-01")
def test_the_frame_names_the_programme_and_its_departments(client: FlaskClient) -> None:
    home, policy = page(client, "/"), versions.current().policy
    assert home.html is not None
    assert home.html["data-programme"] == policy.identity.key
    assert home.html["lang"] == policy.market.locale.replace("_", "-")
    wordmark = home.select_one("a.wordmark")
    assert wordmark is not None
    assert policy.identity.house in wordmark.get_text()
    shop = [link.get_text(strip=True) for link in home.select("nav.masthead__shop a[href^='/shop/']")]
    assert shop == [category.label for category in policy.eligibility.accepted_categories]


def test_help_is_at_the_same_place_on_every_page(client: FlaskClient) -> None:
    for path in ("/", "/shop", "/bag", "/sign-in", "/nothing-here"):
        links = [link["href"] for link in page(client, path).select(".masthead__you a")]
        assert links.index("/help") == 2, path


def test_the_bag_in_the_frame_counts_its_pieces(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["bag"] = ["L0000000A", "L0000000B"]
    assert "(2)" in page(client, "/help").select(".masthead__you a[href='/bag']")[0].get_text()


def test_the_sandbox_says_what_it_is(client: FlaskClient) -> None:
    bar = page(client, "/").select_one(".sandbox-bar")
    assert bar is not None
    assert [link["href"] for link in bar.select("a")] == ["/sandbox/mail", "/sandbox/clock"]
    assert bar.select_one("time[datetime]") is not None


@pytest.mark.parametrize("path", ["/", "/nothing-here"])
def test_an_error_page_is_shown_when_the_database_is_gone(
    app: Flask, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def gone() -> PublishedPolicy:
        raise OperationalError("SELECT 1", {}, Exception("no such host"))

    monkeypatch.setitem(app.config, "SHOW_FAULTS_AS_PAGES", True)
    monkeypatch.setattr(versions, "current", gone)
    answer = apart(lambda: FlaskClient(app, app.response_class).get(path))
    assert answer.status_code in {404, 500}
    shown = BeautifulSoup(answer.data, "html5lib")
    assert shown.select_one("main h1") is not None
    assert "no such host" not in answer.get_data(as_text=True)
