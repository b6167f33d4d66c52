"""Whether a process should get traffic, while an upgrade is rolled out and otherwise."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace.database import unit_of_work
from marketplace.programme.models import ProgrammeVersion
from tests.web import Browser


def stand_at(revision: str) -> None:
    with unit_of_work() as session:
        session.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_process_is_ready_at_its_own_revision(app, client: Browser) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.fault("W14")
def test_the_code_before_an_upgrade_goes_on_serving_and_the_code_after_waits_for_it(app, client: Browser) -> None:
    stand_at("of_tomorrow")
    assert client.get("/readyz").status_code == 200
    stand_at("0001")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "not ready")
    assert "migrations" in answer.get_json()["reasons"][0]


def test_a_shop_without_a_policy_waits_for_one(app, client: Browser) -> None:
    with unit_of_work() as session:
        session.execute(sa.delete(ProgrammeVersion))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.get_json()["reasons"][0].partition(":")[0]) == (503, "programme")
