"""Somebody else's things: not there, whoever asks and however (fault P04)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from marketplace.people.models import Role
from marketplace.permissions import Gate, permission_of
from tests.accounts import an_account
from tests.hostile.world import build, everything, token_of
from tests.shopping import member
from tests.web import Browser

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

# Routes with arguments that are anybody's: what is for sale, what explains, and the sandbox. Links in mails are for
# whoever holds them; machines prove themselves.
ANYBODYS = (
    "/api/v1/gift-cards/redemptions/",
    "/bag/",
    "/help/",
    "/orders/link/",
    "/p/",
    "/sandbox/",
    "/shop/",
    "/static/",
    "/terms/",
    "/theme/",
    "/webhooks/",
)


def somebodys(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.arguments and not rule.rule.startswith(ANYBODYS):
            yield rule


@pytest.mark.fault("P04")
@pytest.mark.parametrize("who", ["guest", "member"])
def test_nobody_reaches_what_is_not_theirs(app: Flask, client: Browser, who: str) -> None:
    world = build(app)
    stranger = None if who == "guest" else member("Eve Stranger")
    if stranger is not None:
        client.sign_in_as(stranger)
    token = token_of(client)
    before = everything()
    for rule in somebodys(app):
        for method in METHODS:
            answer = client.open(world.url(app, rule), method=method, data={"csrf_token": token, "reason": "none"})
            to_sign_in = answer.status_code == 303 and "/sign-in" in str(answer.location)
            assert answer.status_code in (404, 405, 410) or (who == "guest" and to_sign_in), (
                f"{method} {rule.rule}: {answer.status} {answer.location}"
            )
            assert world.order.number not in answer.text.replace(world.url(app, rule), "")
    assert everything() == before


@pytest.mark.fault("P04")
@pytest.mark.parametrize("role", [Role.AGENT, Role.REVIEWER, Role.WAREHOUSE])
def test_staff_reach_only_what_their_role_opens(app: Flask, client: Browser, role: Role) -> None:
    world = build(app)
    client.sign_in_as(an_account(roles=[role]))
    token = token_of(client)
    before = everything()
    for rule in somebodys(app):
        permission = permission_of(app, rule.endpoint)
        assert permission is not None
        may = permission.gate is Gate.STAFF and role in permission.roles
        agents = rule.rule.endswith("label.pdf") or rule.rule == "/disputes/<number>"
        looks = rule.rule.startswith("/photos/") or (agents and role is Role.AGENT)
        for method in METHODS:
            if may or (looks and method in ("GET", "HEAD")):
                continue
            answer = client.open(world.url(app, rule), method=method, data={"csrf_token": token, "reason": "none"})
            to_the_club = answer.status_code == 303 and "/membership" in str(answer.location)
            assert answer.status_code in (404, 405, 410) or to_the_club, f"{method} {rule.rule}: {answer.status}"
    assert everything() == before


@pytest.mark.fault("P10")
def test_no_staff_page_opens_before_the_second_factor(app: Flask, client: Browser) -> None:
    world = build(app)
    everyone = an_account(roles=list(Role))
    client.sign_in_as(everyone, second_factor=False)
    token = token_of(client)
    before = everything()
    for rule in app.url_map.iter_rules():
        permission = permission_of(app, rule.endpoint)
        if permission is None or permission.gate is not Gate.STAFF:
            continue
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            answer = client.open(world.url(app, rule), method=method, data={"csrf_token": token})
            assert (answer.status_code, str(answer.location).split("?")[0]) == (303, "/totp"), f"{method} {rule.rule}"
    assert everything() == before


@pytest.mark.fault("P04")
def test_the_parties_of_a_sale_do_not_reach_each_others_side(app: Flask, client: Browser) -> None:
    world = build(app)
    seller, number = world.seller, world.order.number
    client.sign_in_as(seller)
    token = token_of(client)
    for path in (f"/orders/{number}", f"/orders/{number}/problem", f"/checkout/{world.order.checkout.number}"):
        assert client.get(path).status_code == 404
    for verb in ("confirm", "cancel", "problem"):
        assert client.post(f"/orders/{number}/{verb}", data={"csrf_token": token}).status_code == 404
    buyer = app.test_client()
    assert isinstance(buyer, Browser)
    buyer.sign_in_as(member("Bea Buyer"))
    for path in (f"/sell/sales/{number}", f"/sell/sales/{number}/label.pdf"):
        assert buyer.get(path).status_code == 404
