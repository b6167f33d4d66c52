"""Every page, read as everybody: nothing changes by it, and each answer carries what it must.

The pages are read once on each engine; each test judges all the answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from marketplace.permissions import Gate, permission_of
from tests.hostile.world import World, build, everything, routes
from tests.web import Browser

pytestmark = pytest.mark.timeout(400)  # every route as everybody

LETTER = re.compile(r"/sandbox/mail/\d+/page")
PERSONAL = {Gate.SIGNED_IN, Gate.MEMBER, Gate.STAFF, Gate.SCOPED}

# Who read what, and who has a case open: that is what looking at a page leaves behind.
OF_READING = {"readings", "dispute_visits"}


@dataclass(frozen=True)
class Answer:
    """What came back to somebody, or a guest, who asked for an address; ``gate`` is what stands before it."""

    who: str
    method: str
    address: str
    gate: Gate | None
    headers: Headers


@dataclass(frozen=True)
class Reading:
    """All answers, and who left something behind besides that they had been there."""

    answers: list[Answer]
    left_behind: list[str]


_readings: dict[str, Reading] = {}


@pytest.fixture
def reading(engine: str, app: Flask, client: Browser) -> Reading:
    if engine not in _readings:
        _readings[engine] = _read(app, client)
    return _readings[engine]


def _read(app: Flask, client: Browser) -> Reading:
    world, answers, left_behind = build(app), [], []
    for who, person in {"guest": None, **world.people}.items():
        if person is not None:
            client.sign_in_as(person)
        before = _but_for_reading(everything())
        for method, address, gate in _asked(app, world, who):
            answers.append(Answer(who, method, address, gate, client.open(address, method=method).headers))
        if _but_for_reading(everything()) != before:
            left_behind.append(who)
    return Reading(answers, left_behind)


def _asked(app: Flask, world: World, who: str) -> Iterator[tuple[str, str, Gate | None]]:
    """A guest and a buyer try all there is, the others what is for them; the agent in all ways there are to ask."""
    for rule in routes(app, "GET"):
        if who in ("guest", "buyer") or world.people[who] in world.those_it_is_for(app, rule):
            permission = permission_of(app, rule.endpoint)
            for method in ("GET", "HEAD", "OPTIONS") if who == "agent" else ("GET",):
                yield method, world.url(app, rule), permission.gate if permission else None
    for address in ("/nothing", "/shop/nothing", "/help?q=%ff"):
        yield "GET", address, None


def _but_for_reading(tables: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: rows for name, rows in tables.items() if name not in OF_READING}


@pytest.mark.fault("X07")
def test_a_verb_is_never_a_link(reading: Reading) -> None:
    """GET changes nothing, on any route, whoever is signed in, but for the log of what was read."""
    assert {answer.who for answer in reading.answers} >= {"guest", "seller", "buyer", "reviewer", "agent", "warehouse"}
    assert reading.left_behind == []


@pytest.mark.fault("X18", "X03")
def test_every_answer_forbids_framing_sniffing_and_inline_code(reading: Reading) -> None:
    for answer in (answer for answer in reading.answers if answer.method != "OPTIONS"):
        headers, policy = answer.headers, answer.headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff", answer
        assert headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in policy
        assert "'unsafe-eval'" not in policy
        if LETTER.match(answer.address):
            assert "script-src" not in policy, "a letter runs nothing"
            continue
        assert "'unsafe-inline'" not in policy, answer
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.fault("X16")
def test_no_page_of_a_person_is_kept(reading: Reading) -> None:
    personal = [answer for answer in reading.answers if answer.gate in PERSONAL and answer.method == "GET"]
    signed_in = [answer for answer in personal if answer.who != "guest"]
    assert len(signed_in) > 100
    assert [answer for answer in signed_in if "no-store" not in answer.headers["Cache-Control"]] == []
