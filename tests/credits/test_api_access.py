"""Who may call: tokens, guesses, and what a stranger can learn (G04, G05)."""

from __future__ import annotations

import logging
import statistics
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.credits import tokens, voiding
from marketplace.credits.models import ApiToken
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.limits import limiter
from marketplace.money import Money
from tests import quarters
from tests.credits.tills import CARDS, Till, card_of, error, held
from tests.fresh import FreshDatabase
from tests.shop import close, make_shop
from tests.statements import statements

WRONG = "0000-0000-0000-0000-0000-0000-0000"


@pytest.fixture
def till(client) -> Till:
    return Till(client)


# Tokens --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer nonsense", "Basic dGlsbDp0aWxs", "Token {token}", "{token}"]
)
@pytest.mark.parametrize("path", ["", "/lookup", "/redemptions", "/redemptions/S0/reversal"])
def test_without_a_valid_token_nothing_opens(till: Till, header: str | None, path: str) -> None:
    headers = {"Idempotency-Key": "k"}
    if header is not None:
        headers["Authorization"] = header.format(token=till.token)
    answer = till.client.post(CARDS + path, json={"code": WRONG}, headers=headers)
    assert error(answer) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert db.session.scalar(sa.text("SELECT count(*) FROM idempotent_answers")) == 0


def test_a_revoked_token_opens_nothing_from_then_on(till: Till) -> None:
    code = till.card(500)
    with unit_of_work():
        tokens.revoke_token(db.session.scalars(sa.select(ApiToken.name)).one(), at=clock.now())
    assert error(till.redeem(code, 100)) == (401, "unauthorized")
    assert held(code) == Money(500, "USD")


def test_a_token_is_kept_as_its_hash(till: Till) -> None:
    row = db.session.execute(sa.select(ApiToken.__table__)).one()
    assert till.token not in repr(tuple(row))
    assert len(row.token_hash) == 64


def test_a_signed_in_browser_is_no_token(client, till: Till) -> None:
    """The API takes no cookie, so no page elsewhere can call it with a visitor's rights."""
    client.set_cookie("session", "whatever")
    answer = client.post(
        CARDS, json={"amount": 1, "currency": "USD", "reference": "R"}, headers={"Idempotency-Key": "k"}
    )
    assert error(answer) == (401, "unauthorized")


# Codes ---------------------------------------------------------------------------------------------------------------


def unusable(till: Till) -> dict[str, str]:
    """A code nobody has, one that is spent, one that is voided."""
    spent, voided = till.card(500), till.card(700)
    till.redeem(spent, 500)
    with unit_of_work():
        voiding.void(card_of(voided), by=SYSTEM, at=clock.now(), reason="stolen")
    return {"wrong": WRONG, "spent": spent, "voided": voided}


@pytest.mark.fault("G04")
@pytest.mark.parametrize("call", ["look up", "redeem"])
def test_wrong_spent_and_voided_codes_look_the_same(till: Till, call: str) -> None:
    answers: dict[str, object] = {}
    asked: dict[str, list[str]] = {}
    for name, code in unusable(till).items():
        with statements() as asked[name]:
            answer = till.look_up(code) if call == "look up" else till.redeem(code, 100)
        answers[name] = (answer.status_code, answer.text, sorted(answer.headers.keys()))
    assert answers["wrong"][0] == 404  # type: ignore[index]
    assert answers["wrong"] == answers["spent"] == answers["voided"]
    assert asked["wrong"] == asked["spent"] == asked["voided"]


@pytest.mark.fault("G04")
def test_no_answer_takes_longer_than_another(till: Till) -> None:
    taken: dict[str, list[float]] = {}
    codes = unusable(till)
    for _ in range(100):  # taken in turn, by the thread's own clock: the machine's moods are not the shop's
        for name, code in codes.items():
            start = time.thread_time()
            till.look_up(code)
            taken.setdefault(name, []).append(time.thread_time() - start)
    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) < 1.25 * min(medians)


@pytest.mark.fault("G04")
def test_guesses_are_bounded_and_hits_are_not_counted(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    quarters.begin_within_one()
    monkeypatch.setattr(limiter, "enabled", True)
    shop = make_shop(fresh_database.url, photos=tmp_path, rate_limits=True)
    try:
        with shop.app_context():
            limiter.reset()
            till = Till(shop.test_client())
            code = till.card(500)
            assert {till.look_up(code).status_code for _ in range(40)} == {200}
            misses = [till.look_up(WRONG).status_code for _ in range(31)]
            assert misses == [404] * 30 + [429]
            assert error(till.look_up(code)) == (429, "too_many_requests")
            assert error(till.redeem(code, 1, headers={"X-Forwarded-For": "203.0.113.9"})) == (429, "too_many_requests")
            assert held(code) == Money(500, "USD")
            limiter.reset()
            assert till.look_up(code).status_code == 200
    finally:
        limiter.reset()
        close(shop)


@pytest.mark.fault("G05")
def test_codes_stand_in_no_address_and_no_log_line(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        code = till.card(500)
        till.look_up(code)
        redemption = till.redeem(code, 100).json["id"]
        till.reverse(redemption)
        till.redeem(code, 10**6)
    assert caplog.records
    said = " ".join(str(vars(record)) for record in caplog.records if not record.name.startswith("sqlalchemy"))
    assert code not in said
    assert code.replace("-", "") not in said


def test_answers_are_kept_by_no_cache(till: Till) -> None:
    code = till.card(500)
    for answer in (till.look_up(code), till.redeem(code, 1), till.look_up(WRONG), till.find("R1")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.mimetype == "application/json"
