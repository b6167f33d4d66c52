"""A post from another site: refused on every route, whoever is signed in, and nothing is done (fault X07)."""

from __future__ import annotations

import pytest
from flask import Flask

from marketplace.permissions import Gate, permission_of
from tests.accounts import PASSWORD, an_account
from tests.hostile.world import build, everything, routes, token_of
from tests.web import Browser, post_form

pytestmark = pytest.mark.timeout(400)  # every route as everybody

REFUSED = {400, 403, 419}

# A reader's mail program posts it by itself (RFC 8058): the signed token in its address is the proof, and here is none.
ONE_CLICK = "/letters/stop/<token>"


@pytest.mark.fault("X07")
def test_no_post_without_its_token_does_anything(app: Flask, client: Browser) -> None:
    world = build(app)
    forged = token_of(app.test_client())  # type: ignore[arg-type]
    posts = [rule for rule in routes(app, "POST") if permission_of(app, rule.endpoint).gate is not Gate.MACHINE]  # type: ignore[union-attr]
    assert len(posts) > 50
    for person in world.people.values():
        client.sign_in_as(person)
        before = everything()
        for rule in posts:
            if person is not world.buyer and person not in world.those_it_is_for(app, rule):
                continue
            for sent in (
                ({}, {"csrf_token": ""}, {"csrf_token": forged}) if person is world.agent else ({"csrf_token": forged},)
            ):
                answer = client.post(world.url(app, rule), data=sent)
                refused = {404} if rule.rule == ONE_CLICK else REFUSED
                assert answer.status_code in refused, f"{rule.rule}: {answer.status}"
        assert everything() == before


@pytest.mark.fault("X07")
def test_a_token_is_not_enough_from_another_origin(app: Flask, client: Browser) -> None:
    world = build(app)
    client.sign_in_as(world.seller)
    token = token_of(client)
    before = everything()
    for rule in routes(app, "POST"):
        for origin in (
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost:81",
            "https://localhost",
        ):
            answer = client.post(world.url(app, rule), data={"csrf_token": token}, headers={"Origin": origin})
            assert answer.status_code == 403, f"{rule.rule}: {answer.status}"
    assert everything() == before


@pytest.mark.fault("X07")
def test_nobody_is_signed_in_by_another_site(app: Flask, client: Browser) -> None:
    person = an_account()
    typed = {"email": person.email, "password": PASSWORD}
    assert client.post("/sign-in", data=typed).status_code in REFUSED
    assert client.get("/account").status_code == 303
    assert post_form(client, "/sign-in", "sign-in", **typed).location == "/account"
    assert client.get("/account").status_code == 200


@pytest.mark.fault("X07")
def test_machines_take_no_form_of_a_browser(app: Flask, client: Browser) -> None:
    """A text/plain body is what a form of another site can send; the routes without tokens do not read it."""
    world = build(app)
    client.sign_in_as(world.agent)
    machines = [rule for rule in routes(app, "POST") if permission_of(app, rule.endpoint).gate is Gate.MACHINE]  # type: ignore[union-attr]
    assert machines
    before = everything()
    body = '{"amount": 100, "currency": "USD", "reference": "R1", "code": "x"}'
    for rule in machines:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            answer = client.post(world.url(app, rule), data=body, content_type=kind)
            assert 400 <= answer.status_code < 500, f"{rule.rule}: {answer.status}"
    assert everything() == before
