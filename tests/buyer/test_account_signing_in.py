"""Signing in and out: by password, by a mailed link, and what ends a sign-in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db
from marketplace.events import SYSTEM
from marketplace.people import accounts, sign_ins, staffing
from marketplace.people.models import EmailToken, Role, SignIn
from tests.accounts import PASSWORD, an_account, link_in, mail_to
from tests.web import Browser, find_form, form_fields, page, post_form

NEW = "another four good words"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.buyer.unhurried.FLOOR_SECONDS", 0)


def sign_in(client: Browser, email: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return post_form(client, "/sign-in", "sign-in", email=email, password=password, **more)


def is_signed_in(client: Browser) -> bool:
    return client.get("/account").status_code == 200


def test_a_password_signs_in_and_the_header_says_so(client: Browser) -> None:
    an_account("ada@example.com", name="Ada Quill")

    answer = sign_in(client, " Ada@Example.COM ")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert "Ada Quill" in page(client.get("/account")).get_text()


def test_signed_out_people_are_asked_to_sign_in_and_brought_back(client: Browser) -> None:
    an_account("ada@example.com")

    asked = client.get("/account/name?from=here")
    assert asked.headers["Location"] == "/sign-in?next=/account/name?from%3Dhere"
    answer = post_form(client, asked.headers["Location"], "sign-in", email="ada@example.com", password=PASSWORD)

    assert answer.headers["Location"] == "/account/name?from=here"


@pytest.mark.fault("X08")
@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "\\\\evil.example",
        "http://localhost@evil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "javascript:alert(1)",
        "/a\r\nLocation: https://evil.example",
        " //evil.example",
        "/\t/evil.example",
        "evil.example",
    ],
)
def test_nobody_is_sent_elsewhere(client: Browser, elsewhere: str) -> None:
    an_account("ada@example.com")

    assert sign_in(client, "ada@example.com", next=elsewhere).headers["Location"] == "/account"


@pytest.mark.fault("P07")
def test_a_wrong_password_and_an_unknown_email_look_the_same(client: Browser) -> None:
    an_account("ada@example.com")
    pages = []
    for email in ("ada@example.com", "eve@example.com", "no e-mail"):
        answer = sign_in(client, email, "wrong wrong wrong")
        assert answer.status_code == 422
        document = page(answer)
        assert document.title is not None
        assert document.title.get_text().startswith("Error:")
        for changing in document.find_all("input"):
            changing.decompose()
        pages.append(str(document.main))

    assert pages[0] == pages[1] == pages[2]
    assert not is_signed_in(client)


@pytest.mark.fault("P07")
@pytest.mark.parametrize(
    ("path", "form", "message"), [("/sign-in/link", "sign-in-link", "sign_in_link"), ("/reset", "reset", "reset_link")]
)
def test_asking_for_a_link_says_the_same_to_all(
    client: Browser, run_jobs: Callable[[], int], path: str, form: str, message: str
) -> None:
    an_account("ada@example.com")

    answers = [post_form(client, path, form, email=email) for email in ("ada@example.com", "eve@example.com")]

    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[0].get_data() == answers[1].get_data()
    run_jobs()
    assert [letter.message for letter in mail_to("ada@example.com")] == [message]
    assert mail_to("eve@example.com") == []


def test_a_mailed_link_signs_in_once_and_only_when_pressed(
    client: Browser, app: Flask, run_jobs: Callable[[], int]
) -> None:
    an_account("ada@example.com")
    post_form(client, "/sign-in/link", "sign-in-link", email="ada@example.com")
    run_jobs()
    link = link_in(mail_to("ada@example.com")[-1])

    scanner = app.test_client()
    assert scanner.get(link).status_code == 200
    assert not is_signed_in(scanner)
    assert post_form(client, link, "use-sign-in-link").status_code == 303
    assert is_signed_in(client)
    assert scanner.get(link).status_code == 410


def test_the_database_keeps_no_token(client: Browser, run_jobs: Callable[[], int]) -> None:
    an_account("ada@example.com")
    post_form(client, "/sign-in/link", "sign-in-link", email="ada@example.com")
    run_jobs()
    token = link_in(mail_to("ada@example.com")[-1]).rpartition("/")[2]

    kept = db.session.scalars(sa.select(EmailToken.token_hash)).all()
    assert token not in kept
    assert sign_ins.hashed(token) in kept


def test_a_link_of_one_kind_opens_no_other_door(client: Browser, run_jobs: Callable[[], int]) -> None:
    an_account("ada@example.com")
    post_form(client, "/sign-in/link", "sign-in-link", email="ada@example.com")
    run_jobs()
    token = link_in(mail_to("ada@example.com")[-1]).rpartition("/")[2]

    for door, asked_for_at in ((f"/reset/{token}", "/reset"), (f"/join/confirm/{token}", "/join")):
        refused = client.get(door)
        assert refused.status_code == 410
        main = page(refused).main
        assert main is not None and main.h1 is not None
        assert main.h1.get_text() == "This link no longer works"
        assert [way["href"] for way in main.select("a.button")] == [asked_for_at]


# What ends a sign-in -------------------------------------------------------------------------------------------------


def session_of(client: Browser) -> str:
    cookie = client.get_cookie("session", "localhost")
    assert cookie is not None
    return cookie.value


def with_session(app: Flask, value: str) -> Browser:
    """Another browser with a stolen or kept cookie."""
    thief = app.test_client()
    thief.set_cookie("session", value, domain="localhost")
    assert isinstance(thief, Browser)
    return thief


@pytest.mark.fault("P09")
def test_a_cookie_planted_before_signing_in_is_worth_nothing_after(client: Browser, app: Flask) -> None:
    person = an_account("ada@example.com")
    client.get("/sign-in")
    planted = session_of(client)

    victim = with_session(app, planted)
    sign_in(victim, "ada@example.com")
    sign_in(client, "ada@example.com")

    assert is_signed_in(victim)
    assert not is_signed_in(with_session(app, planted))
    assert len({session_of(browser) for browser in (victim, client)} | {planted}) == 3
    hashes = db.session.scalars(sa.select(SignIn.token_hash).where(SignIn.person_id == person.id)).all()
    assert len(set(hashes)) == 2


@pytest.mark.fault("P09")
def test_signing_out_makes_the_cookie_worthless(client: Browser, app: Flask) -> None:
    an_account("ada@example.com")
    sign_in(client, "ada@example.com")
    kept = session_of(client)

    assert post_form(client, "/account", "sign-out").status_code == 303

    assert not is_signed_in(client)
    assert not is_signed_in(with_session(app, kept))


@pytest.mark.fault("P09")
def test_signing_out_everywhere_ends_every_browser(client: Browser, app: Flask) -> None:
    an_account("ada@example.com")
    other = app.test_client()
    sign_in(client, "ada@example.com")
    sign_in(other, "ada@example.com")

    post_form(client, "/account", "sign-out-everywhere")

    assert not is_signed_in(client)
    assert not is_signed_in(other)


@pytest.mark.fault("P09")
def test_a_new_password_ends_every_other_browser_and_every_link(
    client: Browser, app: Flask, run_jobs: Callable[[], int]
) -> None:
    an_account("ada@example.com")
    other = app.test_client()
    sign_in(client, "ada@example.com")
    sign_in(other, "ada@example.com")
    old = session_of(client)
    post_form(app.test_client(), "/reset", "reset", email="ada@example.com")
    run_jobs()
    link = link_in(mail_to("ada@example.com")[-1])

    answer = post_form(client, "/account/password", "change-password", current=PASSWORD, password=NEW)

    assert answer.status_code == 303
    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert not is_signed_in(with_session(app, old))
    assert other.get(link).status_code == 410
    assert sign_in(app.test_client(), "ada@example.com").status_code == 422
    assert sign_in(app.test_client(), "ada@example.com", NEW).status_code == 303
    run_jobs()
    assert mail_to("ada@example.com")[-1].message == "password_changed"


def test_the_old_password_is_needed_for_a_new_one(client: Browser) -> None:
    person = an_account("ada@example.com")
    sign_in(client, "ada@example.com")
    before = person.password_hash

    answer = post_form(client, "/account/password", "change-password", current="not this one", password=NEW)

    assert answer.status_code == 422
    db.session.refresh(person)
    assert person.password_hash == before


@pytest.mark.rule("NAP-41")
@pytest.mark.fault("P09")
def test_a_reset_signs_in_and_ends_every_other_browser(
    client: Browser, app: Flask, run_jobs: Callable[[], int]
) -> None:
    an_account("ada@example.com")
    other = app.test_client()
    sign_in(other, "ada@example.com")
    post_form(client, "/reset", "reset", email="ada@example.com")
    run_jobs()
    link = link_in(mail_to("ada@example.com")[-1])

    assert post_form(client, link, "new-password", password="short").status_code == 422
    assert is_signed_in(other)
    assert post_form(client, link, "new-password", password=NEW).status_code == 303

    assert is_signed_in(client)
    assert not is_signed_in(other)
    assert other.get(link).status_code == 410


@pytest.mark.fault("P09")
@pytest.mark.parametrize("change", [staffing.give_roles, staffing.take_roles])
def test_a_change_of_role_ends_every_sign_in(client: Browser, change: Callable[..., None]) -> None:
    person = an_account("rae@example.com", roles=[Role.REVIEWER])
    client.sign_in_as(person)
    assert is_signed_in(client)

    role = Role.AGENT if change is staffing.give_roles else Role.REVIEWER
    change(person, [role], by=SYSTEM, at=clock.now())
    db.session.commit()

    assert not is_signed_in(client)


def test_a_sign_in_ends_by_itself(client: Browser) -> None:
    an_account("ada@example.com")
    sign_in(client, "ada@example.com")
    db.session.execute(sa.update(SignIn).values(expires_at=clock.wall()))
    db.session.commit()

    assert not is_signed_in(client)


# Forms ---------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("X07")
@pytest.mark.parametrize(
    "path",
    [
        "/sign-in",
        "/sign-in/link",
        "/join",
        "/reset",
        "/sign-out",
        "/sign-out/everywhere",
        "/account/password",
        "/membership",
        "/totp",
    ],
)
def test_no_form_is_taken_without_its_token(client: Browser, path: str) -> None:
    an_account("ada@example.com")
    sign_in(client, "ada@example.com")

    answer = client.post(path, data={"email": "ada@example.com", "password": PASSWORD})

    assert answer.status_code in {400, 419}
    assert is_signed_in(client)


@pytest.mark.fault("X07")
def test_somebody_elses_token_is_not_taken(client: Browser, app: Flask) -> None:
    an_account("ada@example.com")
    eve = form_fields(find_form(app.test_client().get("/sign-in"), "sign-in"))

    answer = client.post("/sign-in", data={**eve, "email": "ada@example.com", "password": PASSWORD})

    assert answer.status_code in {400, 419}
    assert not is_signed_in(client)


@pytest.mark.fault("X16")
def test_pages_of_a_person_are_kept_by_no_cache(client: Browser) -> None:
    an_account("ada@example.com")
    sign_in(client, "ada@example.com")

    for path in ("/account", "/account/name", "/account/email"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.fault("X12", "X15")
@pytest.mark.parametrize("password", ["\x00", "\ud800", "x" * 200_000, "\ufffd" * 12])
def test_any_bytes_as_a_password_are_only_a_wrong_password(client: Browser, password: str) -> None:
    an_account("ada@example.com")
    form = form_fields(find_form(client.get("/sign-in"), "sign-in"))
    body = {**form, "email": "ada@example.com", "password": password.encode("utf-8", "surrogatepass")}

    assert client.post("/sign-in", data=body).status_code in {400, 422}
    assert accounts.account_of("ada@example.com") is not None
    assert not is_signed_in(client)
