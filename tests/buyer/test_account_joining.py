"""Joining: an e-mail, a link, a name and a password."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db
from marketplace.people import accounts
from marketplace.people.models import EmailToken, LinkRequest, LoyaltyAccount, Person
from tests.accounts import PASSWORD, an_account, link_in, mail_to
from tests.web import Browser, page, post_form

LONG = "three wise words on a bag"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.buyer.unhurried.FLOOR_SECONDS", 0)


def count(model: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def join(client: Browser, run_jobs: Callable[[], int], email: str) -> str:
    """Ask to join and return the link that came by mail."""
    assert post_form(client, "/join", "join", email=email).status_code == 303
    run_jobs()
    return link_in(mail_to(email.lower())[-1])


@pytest.mark.rule("MK-03")
def test_anyone_can_join_and_is_a_member_with_a_number(client: Browser, run_jobs: Callable[[], int]) -> None:
    link = join(client, run_jobs, "Nora.Vale@Example.com")

    done = post_form(client, link, "finish-joining", name="Nora Vale", password=LONG)

    assert done.status_code == 303
    person = accounts.account_of("nora.vale@example.com")
    assert person is not None
    assert person.is_member
    assert person.loyalty_account is not None
    assert person.loyalty_account.email == "nora.vale@example.com"
    overview = page(client.get("/account")).get_text()
    assert person.loyalty_account.number in overview
    assert client.get("/sell/purchases").status_code == 200


def test_nobody_is_an_account_before_the_link_is_used(client: Browser, run_jobs: Callable[[], int]) -> None:
    link = join(client, run_jobs, "nora@example.com")

    assert client.get(link).status_code == 200
    person = accounts.account_of("nora@example.com")
    assert person is not None
    assert not person.is_member
    assert person.password_hash is None
    assert count(LoyaltyAccount) == 0


@pytest.mark.rule("MK-21")
def test_the_loyalty_account_of_a_verified_email_is_linked(client: Browser, run_jobs: Callable[[], int]) -> None:
    theirs = LoyaltyAccount(number="440017", email="nora@example.com", joined_at=clock.now())
    db.session.add_all([theirs, LoyaltyAccount(number="440018", email="nora.v@example.com", joined_at=clock.now())])
    db.session.commit()

    link = join(client, run_jobs, "nora@example.com")
    unproved = accounts.account_of("nora@example.com")
    assert unproved is not None
    assert unproved.loyalty_account_id is None
    post_form(client, link, "finish-joining", name="Nora Vale", password=LONG)

    person = accounts.account_of("nora@example.com")
    assert person is not None
    assert person.loyalty_account_id == theirs.id
    assert count(LoyaltyAccount) == 2


def test_a_link_works_once(client: Browser, app: Flask, run_jobs: Callable[[], int]) -> None:
    link = join(client, run_jobs, "nora@example.com")
    post_form(client, link, "finish-joining", name="Nora Vale", password=LONG)

    stranger = app.test_client()
    assert stranger.get(link).status_code == 410
    assert stranger.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 410


def test_only_the_last_link_counts(client: Browser, run_jobs: Callable[[], int]) -> None:
    first = join(client, run_jobs, "nora@example.com")
    second = join(client, run_jobs, "nora@example.com")

    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_link_expires(client: Browser, run_jobs: Callable[[], int]) -> None:
    link = join(client, run_jobs, "nora@example.com")
    db.session.execute(sa.update(EmailToken).values(expires_at=clock.wall()))
    db.session.commit()

    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12"),
        ("password1234", "first that are tried"),
        ("aaaaaaaaaaaaaaaa", "first that are tried"),
        ("nora@example.com", "first that are tried"),
        (PASSWORD, "first that are tried"),
        ("x" * 129 + "abcdef", "128"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays(
    client: Browser, run_jobs: Callable[[], int], password: str, reason: str
) -> None:
    link = join(client, run_jobs, "nora@example.com")

    answer = post_form(client, link, "finish-joining", name="Nora Vale", password=password)

    assert answer.status_code == 422
    assert reason in page(answer).get_text()
    person = accounts.account_of("nora@example.com")
    assert person is not None
    assert person.password_hash is None
    assert client.get(link).status_code == 200


@pytest.mark.fault("X06", "X12")
@pytest.mark.parametrize(
    "name",
    [
        "",
        "Nora\r\nBcc: x@example.com",
        "Nora\u202eelaV",
        "\u200b",
        "N\u0301\u0302\u0303\u0304\u0305\u0306o",
        "x" * 81,
        "\ufffd",
    ],
)
def test_names_that_hide_or_break_something_are_refused(
    client: Browser, run_jobs: Callable[[], int], name: str
) -> None:
    link = join(client, run_jobs, "nora@example.com")

    answer = post_form(client, link, "finish-joining", name=name, password=LONG)

    assert answer.status_code == 422
    person = accounts.account_of("nora@example.com")
    assert person is not None
    assert person.email_verified_at is None


@pytest.mark.fault("X06")
@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "a@b",
        "a@example.com\r\nBcc: b@example.com",
        "a\u202e@example.com",
        "ä@example.com",
        "x" * 250 + "@example.com",
    ],
)
def test_what_is_no_email_is_refused(client: Browser, email: str) -> None:
    answer = post_form(client, "/join", "join", email=email)

    assert answer.status_code == 422
    assert page(answer).title.get_text().startswith("Error:")  # type: ignore[union-attr]
    assert count(LinkRequest) == 0


@pytest.mark.fault("P07")
def test_a_known_email_gets_the_same_page_and_its_owner_a_word(client: Browser, run_jobs: Callable[[], int]) -> None:
    known = an_account("nora@example.com")

    answers = [post_form(client, "/join", "join", email=email) for email in ("nora@example.com", "new@example.com")]

    assert {(answer.status_code, answer.headers["Location"]) for answer in answers} == {(303, "/join/sent")}
    assert answers[0].get_data() == answers[1].get_data()
    run_jobs()
    assert [letter.message for letter in mail_to("nora@example.com")] == ["account_exists"]
    assert [letter.message for letter in mail_to("new@example.com")] == ["verify_link"]
    assert count(LinkRequest) == 0
    assert accounts.account_of("nora@example.com") is known


@pytest.mark.fault("P05")
def test_fields_that_were_not_asked_for_change_nothing(client: Browser, run_jobs: Callable[[], int]) -> None:
    link = join(client, run_jobs, "nora@example.com")
    more = {"email": "other@example.com", "loyalty_account_id": "1", "roles": "manager", "is_staff": "1", "id": "1"}

    post_form(client, link, "finish-joining", name="Nora Vale", password=LONG, **more)

    person = accounts.account_of("nora@example.com")
    assert person is not None
    assert person.is_member
    assert not person.is_staff
    assert accounts.account_of("other@example.com") is None
    assert client.get("/desk").status_code == 404


def test_a_guest_and_an_account_may_share_an_email(app: Flask) -> None:
    accounts.guest(email="nora@example.com", name="Nora", at=clock.now())
    accounts.guest(email="nora@example.com", name="Nora", at=clock.now())
    person = an_account("nora@example.com")

    assert accounts.account_of("nora@example.com") is person
    with pytest.raises(sa.exc.IntegrityError), db.session.begin_nested():
        accounts.open_account(email="nora@example.com", at=clock.now())
    assert count(Person) == 3
