"""How many requests are worked on at once, and what one whose body is slow to come keeps from others (fault W16)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace import seats
from marketplace.application import Shop
from marketplace.database import db
from marketplace.permissions import public
from tests.credits.tills import a_token
from tests.hostile.world import build, routes
from tests.web import Browser

PAGE, ENDPOINT = "/condition", "guides.condition"
KINDS = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "text/plain")


class Half:
    """A body that never comes whole. It notes, once it is asked for, whether the request holds a transaction."""

    was_waited_for_in_a_transaction: bool | None = None

    def read(self, _size: int = -1) -> bytes:
        if self.was_waited_for_in_a_transaction is None:
            self.was_waited_for_in_a_transaction = db.session().in_transaction()
        raise OSError("the sender has gone")


@contextmanager
def no_seats(app: Flask) -> Iterator[None]:
    """Requests are worked on as they come, and read their bodies when they need them."""
    before = app.before_request_funcs[None]
    app.before_request_funcs[None] = [hook for hook in before if getattr(hook, "__name__", "") != "take"]
    try:
        yield
    finally:
        app.before_request_funcs[None] = before


def half_bodies(app: Flask, client: Browser) -> dict[str, Half]:
    """What became of half a body at every route that takes one, of each kind in turn; the caller may open any."""
    world, token, sent = build(app), a_token(), {}
    client.sign_in_as(world.seller)
    for number, rule in enumerate(routes(app, "POST")):
        body = sent[rule.rule] = Half()
        begun = {"wsgi.input": body, "CONTENT_TYPE": KINDS[number % len(KINDS)], "CONTENT_LENGTH": "1000"}
        client.post(world.url(app, rule), headers={"Authorization": f"Bearer {token}"}, environ_overrides=begun)
    return sent


@pytest.mark.fault("W16", "X14")
def test_every_body_is_waited_for_before_a_transaction_begins(app: Flask, client: Browser) -> None:
    waited = {rule: body.was_waited_for_in_a_transaction for rule, body in half_bodies(app, client).items()}
    assert set(waited.values()) == {False}, waited


def test_control_without_seats_bodies_are_waited_for_within_transactions(app: Flask, client: Browser) -> None:
    with no_seats(app):
        assert half_bodies(app, client)["/api/v1/gift-cards"].was_waited_for_in_a_transaction


@pytest.mark.fault("W16")
def test_more_visitors_than_seats_are_served_one_after_the_other(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, go_on, lock = [0], [0], threading.Event(), threading.Lock()

    def view() -> str:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            everybody = inside[0] == seats.SEATS
        if everybody:
            go_on.set()
        assert go_on.wait(20)
        with lock:
            inside[0] -= 1
        return "served"

    monkeypatch.setitem(app.view_functions, ENDPOINT, public(view))
    answers: list[str] = []

    def visit() -> None:
        answers.append(FlaskClient(app).get(PAGE).get_data(as_text=True))

    visitors = [threading.Thread(target=visit) for _ in range(3 * seats.SEATS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert answers == ["served"] * (3 * seats.SEATS)
    assert most[0] == seats.SEATS


@pytest.mark.fault("W16")
def test_who_finds_no_seat_is_told_to_come_back(app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seats, "PATIENCE_SECONDS", 0.01)
    assert isinstance(app, Shop)
    for _ in range(seats.SEATS):
        app.seats._free.acquire()
    for path in ("/track", "/api/v1/gift-cards?reference=R"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "30"), path
    for path in ("/healthz", "/readyz", "/metrics"):
        assert client.get(path).status_code == 200, "busy is not ill"
    for _ in range(seats.SEATS):
        app.seats._free.release()
    assert client.get("/track").status_code == 200


def test_a_seat_is_free_again_whatever_happened(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def view() -> str:
        raise ZeroDivisionError

    app.config["SHOW_FAULTS_AS_PAGES"] = True
    monkeypatch.setitem(app.view_functions, ENDPOINT, public(view))
    client = FlaskClient(app)
    for _ in range(seats.SEATS + 1):
        assert client.get(PAGE).status_code == 500
        assert client.get("/nothing").status_code == 404
        assert client.post("/sign-in").status_code == 419
