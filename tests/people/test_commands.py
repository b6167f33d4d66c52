"""``staff add`` and ``sign-ins``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from marketplace.database import db
from marketplace.people import accounts, demo_sign_ins
from marketplace.people.demo_sign_ins import DEMO_PASSWORD
from marketplace.people.models import Person, Role
from tests.accounts import an_account, link_in, mail_to
from tests.apart import apart
from tests.consignments import steps
from tests.web import Browser, post_form


def run(app: Flask, *words: str) -> Result:
    return apart(lambda: app.test_cli_runner().invoke(args=list(words)))


def roles_of(email: str) -> set[Role]:
    person = accounts.account_of(email)
    return {row.role for row in person.roles} if person else set()


def test_new_staff_get_a_link_and_choose_their_own_password(
    app: Flask, client: Browser, run_jobs: Callable[[], int]
) -> None:
    done = run(app, "staff", "add", "Rae@Example.com", "--role", "reviewer", "--role", "agent")

    assert done.exit_code == 0
    assert done.stdout.startswith("rae@example.com: agent, reviewer; a link")
    assert roles_of("rae@example.com") == {Role.REVIEWER, Role.AGENT}
    run_jobs()
    link = link_in(mail_to("rae@example.com")[-1])
    post_form(client, link, "finish-joining", name="Rae Holt", password="a phrase only rae knows")
    rae = accounts.account_of("rae@example.com")
    assert rae is not None
    assert rae.loyalty_account_id is None
    assert client.get("/desk").headers["Location"] == "/totp?next=/desk"


def test_a_person_who_has_an_account_keeps_it(app: Flask) -> None:
    person = an_account("ada@example.com")
    kept = person.password_hash

    done = run(app, "staff", "add", "ada@example.com", "--role", "manager")

    assert done.stdout.strip() == "ada@example.com: manager"
    db.session.refresh(person)
    assert (person.password_hash, person.is_staff) == (kept, True)
    assert mail_to("ada@example.com") == []


def test_a_lost_phone_is_replaced(app: Flask) -> None:
    person = an_account("rae@example.com", roles=[Role.REVIEWER])
    before = person.totp_sealed

    assert run(app, "staff", "add", "rae@example.com", "--role", "reviewer", "--new-second-factor").exit_code == 0

    db.session.refresh(person)
    assert person.totp_sealed not in (None, before)


@pytest.mark.parametrize(
    "words", [("nobody", "--role", "agent"), ("a@example.com",), ("a@example.com", "--role", "boss")]
)
def test_what_cannot_be_is_a_question_of_usage(app: Flask, words: tuple[str, ...]) -> None:
    assert run(app, "staff", "add", *words).exit_code == 2
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0


def test_the_sandbox_says_who_to_sign_in_as(app: Flask, client: Browser) -> None:
    an_account("ada@example.com")
    an_account("rae@example.com", roles=[Role.REVIEWER])
    own = an_account("max@example.com", roles=[Role.MANAGER])
    own.password_hash = None
    db.session.commit()

    done = run(app, "sign-ins")

    assert done.exit_code == 0
    assert "max@example.com" not in done.stdout
    rows = {row[1]: row[0] for line in done.stdout.splitlines() if len(row := line.split()) == 3}
    assert rows["ada@example.com"] == "member"
    assert rows["rae@example.com"] == "reviewer"
    for email in ("ada@example.com", "rae@example.com"):
        assert (
            post_form(app.test_client(), "/sign-in", "sign-in", email=email, password=DEMO_PASSWORD).status_code == 303
        )


@pytest.mark.fault("X17")
def test_outside_the_sandbox_no_sign_in_is_shown(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    an_account("ada@example.com")
    monkeypatch.setitem(app.config, "SANDBOX", False)

    done = run(app, "sign-ins")

    assert done.exit_code == 2
    assert "ada@example.com" not in done.output
    assert DEMO_PASSWORD not in done.output
    assert demo_sign_ins.find() != []


def test_work_for_two_people_is_shown_two_sign_ins(app: Flask) -> None:
    """A run of payouts, and much of a case, wants a second pair of eyes: the demo's visitor has to find it."""
    for email in ("jo@example.com", "ty@example.com", "third@example.com"):
        an_account(email, roles=[Role.MANAGER])
    assert [row.email for row in demo_sign_ins.find() if row.role == "manager"] == ["jo@example.com", "ty@example.com"]


@pytest.mark.parametrize(("members_sell", "start"), [(True, "/desk/review"), (False, "/desk/intake")])
def test_a_reviewer_begins_where_the_work_is(app: Flask, members_sell: bool, start: str) -> None:
    an_account("rae@example.com", roles=[Role.REVIEWER])
    steps.open_for_consigning(**{"modes.peer_to_peer": members_sell})
    assert [row.start for row in demo_sign_ins.find() if row.role == "reviewer"] == [start]
