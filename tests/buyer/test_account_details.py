"""What a person changes about themselves: name, e-mail, where they ship from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db
from marketplace.listings.ship_from import last_address
from marketplace.people import accounts
from marketplace.people.models import Address, LoyaltyAccount, Person
from tests.accounts import PASSWORD, an_account, link_in, mail_to
from tests.web import Browser, find_form, page, post_form

ADDRESS = {
    "name": "Ada Quill",
    "line1": "12 Larch Street",
    "city": "Portland",
    "region": "OR",
    "postcode": "97205",
}


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace.buyer.unhurried.FLOOR_SECONDS", 0)


@pytest.fixture
def ada(client: Browser) -> Person:
    person = an_account("ada@example.com", name="Ada Quill")
    client.sign_in_as(person)
    return person


def want_email(client: Browser, run_jobs: Callable[[], int], email: str) -> str:
    assert post_form(client, "/account/email", "change-email", email=email).status_code == 303
    run_jobs()
    return link_in(mail_to(email)[-1])


@pytest.mark.fault("P05")
def test_the_name_changes_and_nothing_else(client: Browser, ada: Person) -> None:
    more = {
        "email": "x@example.com",
        "password_hash": "x",
        "loyalty_account_id": "",
        "is_staff": "1",
        "suspended_at": "",
    }
    kept = (ada.email, ada.password_hash, ada.loyalty_account_id)

    assert post_form(client, "/account/name", "rename", name="  Ada  Marsh ", **more).status_code == 303

    db.session.refresh(ada)
    assert ada.name == "Ada Marsh"
    assert (ada.email, ada.password_hash, ada.loyalty_account_id) == kept
    assert not ada.is_staff


@pytest.mark.fault("X03", "X04")
def test_a_name_is_text_and_never_markup(client: Browser, ada: Person) -> None:
    post_form(client, "/account/name", "rename", name="<script>alert(1)</script> {{7*7}}")

    raw = client.get("/account").get_data(as_text=True)
    assert "<script>alert" not in raw
    assert "<script>alert(1)</script> {{7*7}}" in page(client.get("/account")).get_text()


@pytest.mark.rule("NAP-40")
def test_an_email_changes_when_its_link_is_used(
    client: Browser, app: Flask, ada: Person, run_jobs: Callable[[], int]
) -> None:
    other = app.test_client()
    assert isinstance(other, Browser)
    other.sign_in_as(ada)
    link = want_email(client, run_jobs, "ada.marsh@example.com")
    db.session.refresh(ada)
    assert ada.email == "ada@example.com"

    assert post_form(client, link, "use-new-email").status_code == 303

    db.session.refresh(ada)
    assert ada.email == "ada.marsh@example.com"
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert client.get(link).status_code == 410


@pytest.mark.rule("MK-21")
def test_a_membership_of_the_brand_does_not_follow_to_another_email(
    client: Browser, ada: Person, run_jobs: Callable[[], int]
) -> None:
    brands = LoyaltyAccount(number="440017", email="ada@example.com.old", joined_at=clock.now())
    db.session.add(brands)
    ours = ada.loyalty_account
    assert ours is not None
    ours.opened_here = False
    db.session.commit()

    link = want_email(client, run_jobs, "ada.marsh@example.com")
    post_form(client, link, "use-new-email")

    db.session.refresh(ada)
    assert ada.loyalty_account_id is None
    assert client.get("/sell/purchases").headers["Location"] == "/membership?next=/sell/purchases"


@pytest.mark.rule("MK-21")
def test_the_new_emails_own_membership_is_linked(client: Browser, ada: Person, run_jobs: Callable[[], int]) -> None:
    theirs = LoyaltyAccount(number="440018", email="ada.marsh@example.com", joined_at=clock.now())
    db.session.add(theirs)
    db.session.commit()

    post_form(client, want_email(client, run_jobs, "ada.marsh@example.com"), "use-new-email")

    db.session.refresh(ada)
    assert ada.loyalty_account_id == theirs.id


def test_a_membership_opened_here_moves_along(client: Browser, ada: Person, run_jobs: Callable[[], int]) -> None:
    number = ada.loyalty_account.number if ada.loyalty_account else ""

    post_form(client, want_email(client, run_jobs, "ada.marsh@example.com"), "use-new-email")

    db.session.refresh(ada)
    assert ada.is_member
    assert ada.loyalty_account is not None
    assert (ada.loyalty_account.number, ada.loyalty_account.email) == (number, "ada.marsh@example.com")


@pytest.mark.fault("P07")
def test_an_email_that_is_taken_looks_like_any_other(client: Browser, ada: Person, run_jobs: Callable[[], int]) -> None:
    an_account("eve@example.com")

    answers = [
        post_form(client, "/account/email", "change-email", email=email)
        for email in ("eve@example.com", "new@example.com")
    ]

    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].get_data() == answers[1].get_data()
    run_jobs()
    assert [letter.message for letter in mail_to("eve@example.com")] == ["account_exists"]
    assert [letter.message for letter in mail_to("new@example.com")] == ["change_link"]


def test_an_email_taken_in_the_meantime_is_refused(client: Browser, ada: Person, run_jobs: Callable[[], int]) -> None:
    link = want_email(client, run_jobs, "ada.marsh@example.com")
    an_account("ada.marsh@example.com")

    assert post_form(client, link, "use-new-email").status_code == 409

    db.session.refresh(ada)
    assert ada.email == "ada@example.com"


@pytest.mark.fault("P04")
def test_a_link_to_a_new_email_is_of_use_to_nobody_else(
    client: Browser, app: Flask, ada: Person, run_jobs: Callable[[], int]
) -> None:
    link = want_email(client, run_jobs, "ada.marsh@example.com")
    eve = app.test_client()
    assert isinstance(eve, Browser)
    eve.sign_in_as(an_account("eve@example.com"))

    assert eve.get(link).status_code == 404
    assert accounts.account_of("ada.marsh@example.com") is None


def test_a_change_of_email_ends_links_sent_to_the_old_one(
    client: Browser, app: Flask, ada: Person, run_jobs: Callable[[], int]
) -> None:
    post_form(app.test_client(), "/reset", "reset", email="ada@example.com")
    run_jobs()
    reset = link_in(mail_to("ada@example.com")[-1])

    post_form(client, want_email(client, run_jobs, "ada.marsh@example.com"), "use-new-email")

    assert client.get(reset).status_code == 410


@pytest.mark.rule("NAP-40")
def test_a_member_changes_address_and_phone_by_herself(client: Browser, ada: Person) -> None:
    for change in ({}, {"line1": "9 Alder Street", "phone": "+1 503 555 0147"}):
        assert post_form(client, "/account/address", "ship-from", **{**ADDRESS, **change}).status_code == 303
    now = last_address(ada)
    assert now is not None
    assert (now.line1, now.postal["phone"]) == ("9 Alder Street", "+1 503 555 0147")
    form = find_form(client.get("/account/address"), "ship-from")
    assert [form.select_one(f'[name="{name}"]')["value"] for name in ("line1", "phone")] == [  # type: ignore[index]
        "9 Alder Street",
        "+1 503 555 0147",
    ]


def test_where_a_member_ships_from_is_kept(client: Browser, ada: Person) -> None:
    assert post_form(client, "/account/address", "ship-from", **ADDRESS).status_code == 303

    kept = db.session.scalars(sa.select(Address).where(Address.person_id == ada.id)).one()
    assert (kept.line1, kept.region, kept.country) == ("12 Larch Street", "OR", "US")
    assert "Portland, OR" in page(client.get("/account")).get_text()


@pytest.mark.rule("MK-46")
@pytest.mark.parametrize(
    "change", [{"postcode": "10001"}, {"region": ""}, {"region": "PR", "postcode": "00901"}, {"line1": ""}]
)
def test_nobody_ships_from_where_the_programme_does_not(client: Browser, ada: Person, change: dict[str, str]) -> None:
    answer = post_form(client, "/account/address", "ship-from", **{**ADDRESS, **change})

    assert answer.status_code == 422
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Address)) == 0


def test_a_sign_in_page_sends_people_on_who_are_signed_in(client: Browser, ada: Person) -> None:
    assert client.get("/sign-in").headers["Location"] == "/account"
    assert client.get("/sign-in?next=/account/name").headers["Location"] == "/account/name"
    assert client.get("/join").headers["Location"] == "/account"
    assert PASSWORD not in client.get("/account").get_data(as_text=True)
