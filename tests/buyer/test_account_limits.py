"""How often one may try, and how little the time of an answer tells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from statistics import median

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.buyer import unhurried
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.jobs.runner import EmbeddedRunner
from marketplace.limits import limiter
from marketplace.people import passwords
from marketplace.people.models import LinkRequest, Role, SignIn
from tests import quarters
from tests.accounts import PASSWORD, an_account, mail_to
from tests.fresh import FreshDatabase
from tests.shop import close, make_shop
from tests.web import Browser, find_form, form_fields

WRONG = "wrong wrong wrong"


@pytest.fixture
def guarded(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A shop that counts, as in production."""
    quarters.begin_within_one()
    monkeypatch.setattr(unhurried, "FLOOR_SECONDS", 0)
    monkeypatch.setattr(limiter, "enabled", True)
    shop = make_shop(fresh_database.url, photos=fresh_database.photos, rate_limits=True)
    shop.test_client_class = Browser
    limiter.reset()
    yield shop
    limiter.reset()
    close(shop)


class Visitor:
    """A browser that fetched its form once and sends it again and again."""

    def __init__(self, shop: Flask, path: str, form_id: str, **headers: str) -> None:
        browser = shop.test_client()
        assert isinstance(browser, Browser)
        self.browser, self.path, self.headers = browser, path, headers
        self.fields = form_fields(find_form(browser.get(path), form_id))

    def send(self, *, address: str = "203.0.113.7", **fields: str) -> int:
        where = {"REMOTE_ADDR": address}
        answer = self.browser.post(
            self.path, data={**self.fields, **fields}, headers=self.headers, environ_overrides=where
        )
        return answer.status_code


def spellings(index: int) -> str:
    """The same mailbox, spelt another way each time."""
    return ["ada.quill@example.com", "a.d.a.quill@example.com", "ADAQUILL@Example.com"][index % 3].replace(
        "@", f"+{index}@"
    )


def open_in(shop: Flask, email: str, *roles: Role) -> None:
    with shop.app_context():
        an_account(email, roles=roles)


@pytest.mark.fault("P08")
def test_guesses_end_after_eight_however_the_email_is_spelt(guarded: Flask) -> None:
    open_in(guarded, "adaquill@example.com")
    visitor = Visitor(guarded, "/sign-in", "sign-in")

    answers = [visitor.send(email=spellings(index), password=WRONG) for index in range(10)]

    assert answers == [422] * 8 + [429] * 2
    assert visitor.send(email="adaquill@example.com", password=PASSWORD) == 429


@pytest.mark.fault("P08")
def test_a_forged_forwarded_address_buys_no_guess(guarded: Flask) -> None:
    answers = []
    for index in range(10):
        visitor = Visitor(guarded, "/sign-in", "sign-in", **{"X-Forwarded-For": f"198.51.100.{index}"})
        answers.append(visitor.send(email="ada@example.com", password=WRONG))

    assert answers == [422] * 8 + [429] * 2


@pytest.mark.fault("P08")
def test_many_addresses_together_have_forty_guesses_an_hour(guarded: Flask) -> None:
    visitor = Visitor(guarded, "/sign-in", "sign-in")

    answers = [visitor.send(email="ada@example.com", password="", address=f"203.0.113.{index}") for index in range(42)]

    assert answers == [422] * 40 + [429] * 2


@pytest.mark.fault("P08")
def test_somebody_elses_guesses_do_not_lock_an_address_out_of_its_own_account(guarded: Flask) -> None:
    open_in(guarded, "ada@example.com")
    thief = Visitor(guarded, "/sign-in", "sign-in")
    assert [thief.send(email="ada@example.com", password="") for _ in range(9)][-1] == 429

    owner = Visitor(guarded, "/sign-in", "sign-in")
    assert owner.send(email="ada@example.com", password=PASSWORD, address="198.51.100.4") == 303


def test_signing_in_is_not_counted(guarded: Flask) -> None:
    open_in(guarded, "ada@example.com")

    for _ in range(10):
        assert Visitor(guarded, "/sign-in", "sign-in").send(email="ada@example.com", password=PASSWORD) == 303


@pytest.mark.fault("P08")
@pytest.mark.parametrize(("path", "form"), [("/join", "join"), ("/reset", "reset"), ("/sign-in/link", "sign-in-link")])
def test_a_mailbox_is_sent_five_letters_an_hour(guarded: Flask, path: str, form: str) -> None:
    visitor = Visitor(guarded, path, form)

    assert [visitor.send(email=spellings(index)) for index in range(6)] == [303] * 5 + [429]
    with guarded.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(LinkRequest)) == 5


@pytest.mark.fault("P08")
def test_the_second_factor_is_guessed_eight_times(guarded: Flask) -> None:
    open_in(guarded, "rae@example.com", Role.REVIEWER)
    visitor = Visitor(guarded, "/sign-in", "sign-in")
    visitor.send(email="rae@example.com", password=PASSWORD)
    visitor.path, visitor.fields = "/totp", form_fields(find_form(visitor.browser.get("/totp"), "totp"))

    assert [visitor.send(code=f"{index:06}") for index in range(9)] == [422] * 8 + [429]
    with guarded.app_context():
        assert db.session.scalars(sa.select(SignIn.second_factor_at)).all() == [None]


# Time ----------------------------------------------------------------------------------------------------------------


def in_pairs(send: Callable[[str], int], *, rounds: int, apart_by: float) -> list[tuple[float, float]]:
    """Seconds for a known and an unknown e-mail, one right after the other; more rounds where the machine is unsteady.

    A pair is one moment of the machine: as slow as it is then, it is for both.
    """
    pairs: list[tuple[float, float]] = []
    for _ in range(4):
        for known_first in islice(cycle((True, False)), rounds):
            emails = ["ada@example.com", "eve@example.com"]
            taken = {email: seconds(send, email) for email in (emails if known_first else reversed(emails))}
            pairs.append((taken[emails[0]], taken[emails[1]]))
        if abs(ratio(pairs) - 1) < apart_by:
            break
    return pairs


def seconds(send: Callable[[str], int], email: str) -> float:
    began = time.perf_counter()
    send(email)
    return time.perf_counter() - began


def ratio(pairs: list[tuple[float, float]]) -> float:
    return median(known / unknown for known, unknown in pairs)


@pytest.fixture
def open_shop(fresh_database: FreshDatabase) -> Flask:
    open_in(fresh_database.app, "ada@example.com")
    return fresh_database.app


@pytest.mark.fault("P07")
def test_a_refused_sign_in_takes_as_long_for_a_known_email_as_for_an_unknown_one(open_shop: Flask) -> None:
    visitor = Visitor(open_shop, "/sign-in", "sign-in")

    pairs = in_pairs(lambda email: visitor.send(email=email, password=WRONG), rounds=25, apart_by=0.1)

    assert ratio(pairs) == pytest.approx(1, abs=0.1)


def test_without_the_idle_work_the_time_would_tell(open_shop: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    fits = passwords.fits
    monkeypatch.setattr(passwords, "fits", lambda kept, password: kept is not None and fits(kept, password))
    visitor = Visitor(open_shop, "/sign-in", "sign-in")

    pairs = in_pairs(lambda email: visitor.send(email=email, password=WRONG), rounds=10, apart_by=10)

    assert ratio(pairs) > 1.5


@pytest.mark.fault("P07")
@pytest.mark.parametrize(("path", "form"), [("/join", "join"), ("/reset", "reset"), ("/sign-in/link", "sign-in-link")])
def test_asking_for_a_link_takes_as_long_for_a_known_email_as_for_an_unknown_one(
    open_shop: Flask, path: str, form: str
) -> None:
    """With the job that finds out at work beside it, as in the shop."""
    visitor, beside = Visitor(open_shop, path, form), EmbeddedRunner(open_shop)
    beside.start()

    pairs = in_pairs(lambda email: visitor.send(email=email), rounds=5, apart_by=0.1)

    beside.stop()
    assert ratio(pairs) == pytest.approx(1, abs=0.1)
    assert min(map(min, pairs)) >= unhurried.FLOOR_SECONDS
    with open_shop.app_context():
        runner.run_until_idle()
        assert len(mail_to("ada@example.com")) >= 5
