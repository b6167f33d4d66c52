"""What may be used once is used once, however many try at the same moment."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pyotp
import pytest

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.people import mailed_links, second_factor, sign_ins
from marketplace.people.mailed_links import LinkSpent
from marketplace.people.models import EmailToken, Person, Role, TokenPurpose
from marketplace.people.second_factor import CodeRefused
from tests.accounts import an_account
from tests.fresh import FreshDatabase

RIVALS = 6


@pytest.fixture
def person_id(fresh_database: FreshDatabase) -> int:
    """A reviewer in a database of real commits."""
    found: int = fresh_database.run(lambda: an_account("rae@example.com", roles=[Role.REVIEWER]).id)
    return found


def test_a_code_is_taken_once(fresh_database: FreshDatabase, person_id: int) -> None:
    def code() -> str:
        return pyotp.TOTP(second_factor.secret_of(db.session.get_one(Person, person_id))).at(clock.wall())

    def enter() -> bool:
        with unit_of_work():
            sign_in, _token = sign_ins.begin(db.session.get_one(Person, person_id), at=clock.now())
            second_factor.enter(sign_in, shown, at=clock.now())
        return True

    shown = fresh_database.run(code)
    outcomes = fresh_database.in_parallel([enter] * RIVALS)

    assert outcomes.count(True) == 1
    assert sum(isinstance(outcome, CodeRefused) for outcome in outcomes) == RIVALS - 1


def test_a_link_is_used_once(fresh_database: FreshDatabase, person_id: int) -> None:
    token = secrets.token_urlsafe(24)

    def make() -> None:
        with unit_of_work():
            db.session.add(
                EmailToken(
                    person_id=person_id,
                    purpose=TokenPurpose.SIGN_IN,
                    email="rae@example.com",
                    token_hash=sign_ins.hashed(token),
                    expires_at=clock.wall() + timedelta(minutes=5),
                )
            )

    def use() -> bool:
        with unit_of_work():
            mailed_links.use(token, TokenPurpose.SIGN_IN, at=clock.now())
        return True

    fresh_database.run(make)
    outcomes = fresh_database.in_parallel([use] * RIVALS)

    assert outcomes.count(True) == 1
    assert sum(isinstance(outcome, LinkSpent) for outcome in outcomes) == RIVALS - 1
