"""Rubbish to every route, as everybody: whatever comes, no answer is a fault of ours."""

from __future__ import annotations

import random

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.hostile.world import World, build, routes, token_of
from tests.web import Browser

RUBBISH = [
    *("", " ", "0", "-1", "1e400", "NaN", str(2**70), "true", "None", "null", "[]", "{}", "'", '"', "\\", ":", "@"),
    *("../../etc/passwd", "<script>alert(1)</script>", "{{7*7}}", "%s%n%x", "\u202e", "\u200b", "e\u0301" * 30),
    *("a" * 5_000, "\U0001f469\u200d\U0001f680", "\r\nX: y", "2026-02-30", "0000-00-00T99:99", "a@b", "L00000000"),
    *("exterior:scratch", "1:2:3", ";--", "\u0661"),
]

# Every name that a form or a query of this shop reads, and one it does not.
NAMES = """
    q sort after before condition colour style material price next to purchase unit email password current
    code name line1 line2 city region postcode phone form_token grade words what severity note includes reason
    stars action card webhook challenge advance hours_ago quiet style_number number seen changes-reasons
    changes-words changes-seen proposal-price proposal-seen decline-reason decline-words decline-seen front
    title house category retail hoped collect_on form way is_sent choice charity place pieces-0-title
    pieces-0-retail pieces-99-grade unknown
""".split()  # noqa: SIM905 (a list of sixty strings would be harder to read)


@pytest.mark.fault("X12", "X14", "X15")
@pytest.mark.parametrize("who", ["guest", "seller", "buyer", "reviewer", "agent", "warehouse"])
def test_no_rubbish_is_a_fault_of_ours(app: Flask, client: Browser, who: str) -> None:
    """``Browser`` itself refuses an answer of 500 and any page that is not sound."""
    world = build(app)
    chance = random.Random(who)
    if who != "guest":
        client.sign_in_as(world.people[who])

    def is_theirs(rule: Rule) -> bool:
        return who == "guest" or world.people[who] in world.those_it_is_for(app, rule)

    mine = {method: list(filter(is_theirs, routes(app, method))) for method in ("GET", "POST")}
    assert all(len(some) >= 5 for some in mine.values()), "hardly a route was tried"
    for rule in mine["GET"]:
        sent = {name: chance.choice(RUBBISH) for name in chance.sample(NAMES, 12)}
        client.get(_address(app, world, rule, chance).partition("?")[0], query_string=sent)
    token = token_of(client)
    for rule in mine["POST"]:
        if rule.rule in ("/sandbox/clock", "/sign-out", "/sign-out/everywhere"):
            continue
        sent = {name: chance.choice(RUBBISH) for name in NAMES if chance.random() < 0.7}
        client.post(_address(app, world, rule, chance), data={**sent, "csrf_token": token})
        client.post(world.url(app, rule), json=chance.choice([None, [], {}, "x", 1, {"a": [None]}, {"code": {}}]))


def _address(app: Flask, world: World, rule: Rule, chance: random.Random) -> str:
    """The right address, or now and then one with rubbish in the place of what it names."""
    address = world.url(app, rule)
    if not rule.arguments or chance.random() < 0.6:
        return address
    parts = address.partition("?")[0].split("/")
    parts[chance.randrange(2, len(parts)) if len(parts) > 2 else -1] = chance.choice(RUBBISH) or "x"
    return "/".join(parts).replace("?", "").replace("#", "")
