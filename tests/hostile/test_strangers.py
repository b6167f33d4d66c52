"""Somebody else's things: not there, whoever asks and however (fault P04)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import pytest
from flask import Flask, url_for
from werkzeug.routing import IntegerConverter, Rule

from marketplace.database import db
from marketplace.people.models import Person, Role
from marketplace.permissions import Gate, may_open, permission_of
from tests.accounts import an_account
from tests.hostile.world import World, build, everything, token_of
from tests.programme import world as shop
from tests.shopping import member
from tests.web import Browser

pytestmark = pytest.mark.timeout(400)  # every route as everybody

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

# Routes with arguments that are anybody's: what is for sale, what explains, and the sandbox. Links in mails are for
# whoever holds them; machines prove themselves.
ANYBODYS = (
    "/account/offers/new/",
    "/account/saved/",
    "/api/",
    "/bag/",
    "/feeds/",
    "/help/",
    "/orders/link/",
    "/p/",
    "/sandbox/",
    "/shop/",
    "/sitemaps/",
    "/static/",
    "/terms/",
    "/theme/",
    "/webhooks/",
)


def browser(app: Flask, person: Person | None) -> Browser:
    made = app.test_client()
    assert isinstance(made, Browser)
    if person is not None:
        made.sign_in_as(person)
    return made


def somebodys(app: Flask) -> Iterator[Rule]:
    """Every route to something of somebody's, and to the desk's own pages."""
    for rule in app.url_map.iter_rules():
        permission = permission_of(app, rule.endpoint)
        is_staffs = permission is not None and permission.gate is Gate.STAFF
        if is_staffs or (rule.arguments and not rule.rule.startswith(ANYBODYS)):
            yield rule


def methods_of(rule: Rule, *, few: bool) -> list[str]:
    """Those a route takes; another on the same address is another route's, or nobody's."""
    return sorted((rule.methods or set()) & METHODS - ({"HEAD"} if few else set()))


def strangers(world: World) -> dict[str, Person | None]:
    """Everybody to whom nothing of this world belongs: with and without an account, a purchase, a listing."""
    other_seller = db.session.get_one(Person, world.submitted.seller_id)
    return {"guest": None, "member": member("Eve Stranger"), "buyer": shop.paid().buyer, "seller": other_seller}


@pytest.mark.fault("P04")
def test_nobody_reaches_what_is_not_theirs(app: Flask) -> None:
    world = build(app)
    browsers = {who: browser(app, person) for who, person in strangers(world).items()}
    tokens = {who: token_of(client) for who, client in browsers.items()}
    before = everything()
    for who, client in browsers.items():
        for rule in somebodys(app):
            for method in methods_of(rule, few=who != "member"):
                sent = {"csrf_token": tokens[who], "reason": "none"}
                answer = client.open(world.url(app, rule), method=method, data=sent)
                to_sign_in = answer.status_code == 303 and "/sign-in" in str(answer.location)
                assert answer.status_code in (404, 405, 410) or (who == "guest" and to_sign_in), (
                    f"{who}: {method} {rule.rule}: {answer.status} {answer.location}"
                )
                assert world.order.number not in answer.text.replace(world.url(app, rule), "")
    assert everything() == before


@pytest.mark.fault("P04")
def test_staff_reach_only_what_their_role_opens(app: Flask) -> None:
    world = build(app)
    people = {role: an_account(roles=[role]) for role in Role}
    browsers = {role: browser(app, person) for role, person in people.items()}
    tokens = {role: token_of(client) for role, client in browsers.items()}
    before = everything()
    for role, client in browsers.items():
        for rule in somebodys(app):
            permission = permission_of(app, rule.endpoint)
            assert permission is not None
            may = permission.gate is Gate.STAFF and may_open(people[role], permission)
            agents = rule.rule.endswith("label.pdf") or rule.rule == "/disputes/<number>"
            looks = rule.rule.startswith("/photos/") or (agents and role in (Role.AGENT, Role.MANAGER))
            for method in methods_of(rule, few=role is not Role.AGENT):
                if may or (looks and method in ("GET", "HEAD")):
                    continue
                sent = {"csrf_token": tokens[role], "reason": "none"}
                answer = client.open(world.url(app, rule), method=method, data=sent)
                to_the_club = answer.status_code == 303 and "/membership" in str(answer.location)
                assert answer.status_code in (404, 405, 410) or to_the_club, f"{method} {rule.rule}: {answer.status}"
    assert everything() == before


@pytest.mark.fault("P04")
def test_a_method_that_no_route_takes_reaches_nothing(app: Flask) -> None:
    world = build(app)
    client = browser(app, member("Eve Stranger"))
    token, taken, before = token_of(client), defaultdict[str, set[str]](set), everything()
    for rule in app.url_map.iter_rules():
        taken[rule.rule] |= rule.methods or set()
    for turn, rule in enumerate(somebodys(app)):  # one of them on each
        untaken = sorted(METHODS - taken[rule.rule])
        method = untaken[turn % len(untaken)]
        answer = client.open(world.url(app, rule), method=method, data={"csrf_token": token, "reason": "none"})
        assert answer.status_code in (404, 405), f"{method} {rule.rule}: {answer.status}"
    assert everything() == before


@pytest.mark.fault("P04")
def test_whatever_the_desk_is_asked_for_that_is_not_there_is_not_there(app: Flask) -> None:
    manager = browser(app, an_account(roles=[Role.MANAGER]))
    token = token_of(manager)
    before = everything()
    for rule in somebodys(app):
        permission = permission_of(app, rule.endpoint)
        if permission is None or permission.gate is not Gate.STAFF or not rule.arguments:
            continue
        said = dict(rule.defaults or {})
        foreign = {
            name: 0 if isinstance(rule._converters[name], IntegerConverter) else "D00000000"
            for name in rule.arguments - said.keys()
        }
        with app.test_request_context():
            address = url_for(rule.endpoint, **said, **foreign)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = manager.open(address, method=method, data={"csrf_token": token, "reason": "none"})
            assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status}"
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
