"""Published policies: stored once, numbered, readable for good."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.errors import NotFound
from marketplace.programme import policy as policies
from marketplace.programme import upgrades, versions
from marketplace.programme.models import ProgrammeVersion
from tests.programme.policies import changed, preloved

GENEROUS = changed({"payout.payout_basis_points": 9000})


@pytest.fixture(autouse=True)
def nothing_published(app: Flask) -> None:
    with unit_of_work():
        db.session.execute(sa.delete(ProgrammeVersion))


def publish(policy: policies.Policy) -> versions.PublishedPolicy:
    with unit_of_work():
        return versions.publish(policy, at=clock.now())


def numbers() -> list[int]:
    return list(db.session.scalars(sa.select(ProgrammeVersion.number).order_by(ProgrammeVersion.number)))


def test_nothing_is_in_force_before_the_first_publication() -> None:
    with pytest.raises(versions.NothingPublishedError):
        versions.current()


def test_the_latest_version_is_in_force() -> None:
    first, second = publish(preloved()), publish(GENEROUS)
    assert (first.number, second.number) == (1, 2)
    assert versions.current().policy == GENEROUS
    assert versions.current().id == second.id


def test_publishing_what_is_in_force_makes_no_new_version() -> None:
    first = publish(preloved())
    assert publish(preloved()) == first
    assert numbers() == [1]


def test_going_back_to_an_earlier_policy_is_a_new_version() -> None:
    first, _between, again = publish(preloved()), publish(GENEROUS), publish(preloved())
    assert again.number == 3
    assert again.content_hash == first.content_hash
    assert versions.current().policy == preloved()


@pytest.mark.rule("GAP-18")
def test_an_earlier_version_keeps_saying_what_it_said() -> None:
    first = publish(preloved())
    publish(GENEROUS)
    assert versions.published(first.id).policy == preloved()
    assert versions.published(first.id).policy.payout.payout_basis_points == 8000
    assert versions.numbered(1).content_hash == first.content_hash
    with pytest.raises(NotFound):
        versions.numbered(3)


def test_a_policy_comes_back_from_the_database_as_it_went_in() -> None:
    version = publish(preloved())
    versions._decoded.clear()
    assert versions.published(version.id).policy == preloved()


def test_the_hash_is_of_the_content_and_of_all_of_it() -> None:
    assert versions.hash_of(preloved()) == versions.hash_of(changed({}))
    assert versions.hash_of(preloved()) != versions.hash_of(GENEROUS)
    assert len(publish(preloved()).content_hash) == 64


def test_a_stored_policy_of_an_older_schema_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_zero(body: dict[str, Any]) -> dict[str, Any]:
        payout = dict(body["payout"])
        payout["payout_basis_points"] = payout.pop("percent") * 100
        return {**body, "payout": payout}

    monkeypatch.setitem(upgrades.UPGRADES, 0, from_zero)
    version = publish(preloved())
    with unit_of_work():
        row = db.session.get_one(ProgrammeVersion, version.id)
        payout = {**row.body["payout"], "percent": 80}
        del payout["payout_basis_points"]
        row.body, row.schema, row.content_hash = {**row.body, "schema": 0, "payout": payout}, 0, "0" * 64
    db.session.expire_all()
    assert versions.published(version.id).policy == preloved()


def test_headings_that_once_stood_in_the_text_face_get_a_pair() -> None:
    (before,) = [schema for schema, way in upgrades.UPGRADES.items() if way.__name__ == "_with_a_pair_of_faces"]
    for named, read in (("Hanken Grotesk", "Marcellus"), ("Marcellus", "Marcellus")):
        body = upgrades.UPGRADES[before]({"theme": {"display_face": named, "radius": "0"}})
        assert body == {"theme": {"display_face": read, "radius": "0"}}


def test_a_policy_of_a_newer_product_is_refused_rather_than_guessed_at() -> None:
    with pytest.raises(LookupError, match="newer product"):
        upgrades.upgraded({"schema": policies.SCHEMA + 1}, policies.SCHEMA + 1)


def test_a_reader_sees_the_same_policy_throughout_one_transaction() -> None:
    publish(preloved())
    with unit_of_work(reading=True):
        seen = versions.current()
        assert versions.current() is seen
    publish(GENEROUS)
    with unit_of_work(reading=True):
        assert versions.current().policy == GENEROUS
