"""The second factor of staff, and the gates before the pages of members and staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.jobs import sealing
from marketplace.people import membership, second_factor, staffing
from marketplace.people.models import LoyaltyAccount, Person, Role, SignIn
from tests.accounts import PASSWORD, an_account
from tests.web import Browser, page, post_form


def sign_in(client: Browser, person: Person) -> None:
    assert post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD).status_code == 303


def code_at(person: Person, steps: int = 0) -> str:
    db.session.refresh(person)
    moment = clock.wall() + timedelta(seconds=second_factor.STEP_SECONDS * steps)
    return pyotp.TOTP(second_factor.secret_of(person)).at(moment)


def enter(client: Browser, code: str, **more: str):  # type: ignore[no-untyped-def]
    return post_form(client, "/totp", "totp", code=code, **more)


@pytest.fixture
def reviewer(app: Flask) -> Person:
    return an_account("rae@example.com", roles=[Role.REVIEWER])


@pytest.mark.fault("P10")
def test_staff_see_no_staff_page_without_the_second_factor(client: Browser, reviewer: Person) -> None:
    sign_in(client, reviewer)

    for path in ("/desk", "/desk/people"):
        answer = client.get(path)
        assert answer.status_code in {303, 404}
        assert path != "/desk" or answer.headers["Location"] == "/totp?next=/desk"
    assert client.post("/desk/alarms/1/clear").status_code != 200

    assert enter(client, code_at(reviewer), next="/desk").headers["Location"] == "/desk"
    assert client.get("/desk").status_code == 200


@pytest.mark.fault("P10")
def test_the_second_factor_is_asked_in_every_sign_in(client: Browser, app: Flask, reviewer: Person) -> None:
    sign_in(client, reviewer)
    enter(client, code_at(reviewer))
    other = app.test_client()
    assert isinstance(other, Browser)
    sign_in(other, reviewer)

    assert other.get("/desk").headers["Location"] == "/totp?next=/desk"
    assert "otpauth" not in other.get("/totp").get_data(as_text=True)
    assert second_factor.secret_of(reviewer)[:8] not in other.get("/totp").get_data(as_text=True).replace(" ", "")


@pytest.mark.fault("P10")
def test_a_lost_phone_closes_the_desk_until_a_new_one_is_set_up(client: Browser, reviewer: Person) -> None:
    sign_in(client, reviewer)
    enter(client, code_at(reviewer))
    old = second_factor.secret_of(reviewer)

    second_factor.forget(reviewer, at=clock.now())
    db.session.commit()

    assert client.get("/desk").headers["Location"] == "/totp?next=/desk"
    assert second_factor.secret_of(reviewer) != old


@pytest.mark.fault("P08")
def test_a_code_works_once(client: Browser, app: Flask, reviewer: Person) -> None:
    code = code_at(reviewer)
    sign_in(client, reviewer)
    assert enter(client, code).status_code == 303

    thief = app.test_client()
    assert isinstance(thief, Browser)
    sign_in(thief, reviewer)
    assert enter(thief, code).status_code == 422
    assert enter(thief, code_at(reviewer, -1)).status_code == 422
    assert thief.get("/desk").status_code == 303


@pytest.mark.parametrize("code", ["", "000000", "12345", "abcdef", "١٢٣٤٥٦", "\x00", "0" * 3000])
def test_what_is_no_code_is_refused(client: Browser, reviewer: Person, code: str) -> None:
    sign_in(client, reviewer)

    assert enter(client, code).status_code in {400, 422}
    assert db.session.scalars(sa.select(SignIn.second_factor_at)).all() == [None]


def test_the_secret_is_sealed_in_the_database(reviewer: Person) -> None:
    secret = second_factor.secret_of(reviewer)

    assert reviewer.totp_sealed is not None
    assert secret.encode() not in reviewer.totp_sealed
    assert sealing.unseal(reviewer.totp_sealed) == {"totp": secret}


def test_the_sandbox_shows_codes_that_work_one_after_another(client: Browser, app: Flask, reviewer: Person) -> None:
    for _ in range(3):
        browser = app.test_client()
        assert isinstance(browser, Browser)
        sign_in(browser, reviewer)
        shown = page(browser.get("/totp")).find(attrs={"data-code": True})
        assert shown is not None
        assert enter(browser, str(shown["data-code"])).status_code == 303
        assert browser.get("/desk").status_code == 200


def test_outside_the_sandbox_no_code_is_shown_or_taken_early(
    client: Browser, app: Flask, reviewer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SANDBOX", False)
    monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], sandbox=False))
    sign_in(client, reviewer)

    shown = client.get("/totp").get_data(as_text=True)
    assert "data-code" not in shown
    assert not any(code_at(reviewer, steps) in shown for steps in range(-1, 3))
    assert enter(client, code_at(reviewer, 5)).status_code == 422
    assert enter(client, code_at(reviewer)).status_code == 303


def test_the_qr_code_is_drawn_without_inline_style(client: Browser, reviewer: Person) -> None:
    sign_in(client, reviewer)

    document = page(client.get("/totp"))
    assert document.svg is not None
    assert document.svg.title is not None
    assert not document.find_all(style=True)


# The gates -----------------------------------------------------------------------------------------------------------


def test_who_is_not_staff_finds_no_desk_and_no_second_factor(client: Browser) -> None:
    client.sign_in_as(an_account("ada@example.com"))

    assert [client.get(path).status_code for path in ("/desk", "/totp", "/desk/people")] == [404, 404, 404]


def test_staff_find_only_the_pages_of_their_role(client: Browser, app: Flask, reviewer: Person) -> None:
    agent = an_account("gil@example.com", roles=[Role.AGENT])
    manager = an_account("max@example.com", roles=[Role.MANAGER])
    found = {}
    for person in (reviewer, agent, manager):
        browser = app.test_client()
        assert isinstance(browser, Browser)
        browser.sign_in_as(person)
        found[person.email] = browser.get("/desk/people").status_code

    assert found == {"rae@example.com": 404, "gil@example.com": 200, "max@example.com": 200}


@pytest.mark.rule("MK-02", "MK-03")
def test_only_members_may_sell_and_the_gate_offers_to_join(client: Browser, app: Flask) -> None:
    visitor = client.get("/sell/purchases")
    assert visitor.headers["Location"] == "/sign-in?next=/sell/purchases"
    assert page(client.get("/sign-in")).find("a", href="/join") is not None

    person = an_account("ada@example.com")
    person.loyalty_account = None
    db.session.commit()
    client.sign_in_as(person)
    gate = client.get("/sell/purchases")
    assert gate.headers["Location"] == "/membership?next=/sell/purchases"

    joined = post_form(client, gate.headers["Location"], "join-club")

    assert joined.headers["Location"] == "/sell/purchases"
    db.session.refresh(person)
    assert person.is_member
    assert client.get("/sell/purchases").status_code == 200


@pytest.mark.rule("MK-02")
def test_anyone_may_shop_without_an_account(client: Browser) -> None:
    assert [client.get(path).status_code for path in ("/shop", "/bag")] == [200, 200]


@pytest.mark.rule("MK-21")
def test_membership_needs_the_verified_email_of_the_loyalty_account(app: Flask) -> None:
    db.session.add(LoyaltyAccount(number="440017", email="other@example.com", joined_at=clock.now()))
    person = staffing.add("ada@example.com", [Role.AGENT], by=SYSTEM, at=clock.now())

    with pytest.raises(Exception, match="verified"):
        membership.link(person, at=clock.now())
    assert not person.is_member
    person.email_verified_at = clock.now()
    assert membership.link(person, at=clock.now()) is None
    assert membership.join(person, at=clock.now()).email == "ada@example.com"


# The desk's people ---------------------------------------------------------------------------------------------------


def test_looking_a_person_up_is_written_down(client: Browser, run_jobs: Callable[[], int]) -> None:
    ada = an_account("ada@example.com", name="Ada Quill")
    eve = an_account("eve@example.com")
    client.sign_in_as(an_account("gil@example.com", roles=[Role.AGENT]))

    assert client.get(f"/desk/people/{ada.id}").status_code == 404
    assert ada.loyalty_account is not None
    found = post_form(client, "/desk/people", "find-person", words=ada.loyalty_account.number)

    shown = page(client.get(found.headers["Location"])).get_text()
    assert "ada@example.com" in shown
    assert "Looked up" in shown
    assert client.get(f"/desk/people/{eve.id}").status_code == 404
    assert post_form(client, "/desk/people", "find-person", words="nobody@example.com").status_code == 422
