"""Errors as pages: a lost form comes back where that is safe, a fault of ours tells nobody how it came about."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.listings.finding import public_path
from tests.accounts import an_account
from tests.html import faults_of
from tests.shopping import live_listing
from tests.web import Browser, find_form, form_fields, page

HERE = {"Origin": "http://localhost"}


def test_a_form_with_an_old_token_comes_back_with_what_was_typed(app: Flask, client: Browser) -> None:
    client.sign_in_as(an_account(name="Ada Quill"))
    answer = client.post("/account/name", data={"name": 'Ada "Q" Byron', "csrf_token": "old"}, headers=HERE)
    assert answer.status_code == 419
    form = find_form(answer, "send-again")
    assert form["action"] == "/account/name"
    fields = form_fields(form)
    assert fields["name"] == ['Ada "Q" Byron']
    assert client.post("/account/name", data=fields, headers=HERE).status_code == 303
    assert 'Ada "Q" Byron' in page(client.get("/account")).get_text()


def test_a_button_pressed_on_an_old_page_can_be_pressed_again(app: Flask, client: Browser) -> None:
    """It has no field but its token."""
    piece = live_listing()
    answer = client.post(f"/bag/{piece.number}/add", data={"csrf_token": "old"}, headers=HERE)
    assert answer.status_code == 419
    again = find_form(answer, "send-again")
    assert client.post(str(again["action"]), data=form_fields(again), headers=HERE).location == "/bag"
    assert piece.title in page(client.get("/bag")).get_text()


@pytest.mark.fault("X07")
@pytest.mark.parametrize("origin", [{}, {"Origin": "null"}])
def test_a_form_of_unknown_origin_does_not_come_back(app: Flask, client: Browser, origin: dict[str, str]) -> None:
    client.sign_in_as(an_account())
    answer = client.post("/account/name", data={"name": "Mallory"}, headers=origin)
    assert answer.status_code == 419
    assert "Mallory" not in answer.text


@pytest.mark.parametrize("field", ["password", "current", "code", "card"])
def test_a_secret_never_comes_back(app: Flask, client: Browser, field: str) -> None:
    answer = client.post("/sign-in", data={"email": "ada@example.com", field: "hunter2"}, headers=HERE)
    assert answer.status_code == 419
    assert "hunter2" not in answer.text


def test_an_address_of_nothing_offers_a_search_and_four_pieces(app: Flask, client: Browser) -> None:
    for _ in range(5):
        live_listing()
    for path in ("/nothing", "/p/nothing-L00000000", "/orders/R00000000"):
        answer = client.get(path)
        assert answer.status_code == 404
        shown = page(answer)
        assert shown.find("main").find("input", attrs={"name": "q"}) is not None
        assert len({link["href"] for link in shown.select("main a[href^='/p/']")}) == 4


def _offered(client: Browser, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 404
    return list(dict.fromkeys(str(link["href"]) for link in page(answer).select("main a[href^='/p/']")))


@pytest.mark.fault("P04")
def test_the_address_of_a_piece_that_is_gone_offers_pieces_like_it_and_tells_nothing_else(
    app: Flask, client: Browser
) -> None:
    hidden = live_listing(title="Isla bucket", colour="sage", search_text=" isla bucket sage", state="withdrawn")
    like = [
        live_listing(title="Isla bucket", colour=colour, search_text=f" isla bucket {colour}")
        for colour in ("sage", "navy")
    ]
    others = [live_listing() for _ in range(4)]
    gone, never = (_offered(client, f"/p/isla-bucket-sage-{number}") for number in (hidden.number, "L00000000"))
    assert gone == never
    assert gone[0] == public_path(like[0])
    assert len(gone) == 4 and set(gone[1:]) <= {public_path(listing) for listing in (*like, *others)}
    assert _offered(client, "/p/isla-bucket-red-L00000000")[:2] == [public_path(listing) for listing in reversed(like)]


@pytest.mark.fault("X17")
def test_a_fault_of_ours_shows_no_trace_of_itself(app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_given: Any) -> str:
        raise RuntimeError("the secret of the house")

    monkeypatch.setitem(app.config, "SHOW_FAULTS_AS_PAGES", True)
    monkeypatch.setitem(app.view_functions, "guides.help_index", broken)
    broken.permission = app.view_functions["shop.home"].permission  # type: ignore[attr-defined]
    answer = FlaskClient(app, app.response_class).get("/help")
    assert answer.status_code == 500
    for secret in ("the secret of the house", "RuntimeError", "Traceback", ".py"):
        assert secret not in answer.text
    assert faults_of(answer.text) == ()
