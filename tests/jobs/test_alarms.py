"""Alarms: one open for each thing and kind, closed by a person with a reason."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs import parked
from marketplace.jobs.alarms import Alarm, AlarmKind, clear_alarm, raise_alarm
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.fresh import FreshDatabase
from tests.jobs.outside import Subject


def sound(kind: AlarmKind = AlarmKind.LABEL_LATE, about: int = 1, **detail: object) -> int:
    with unit_of_work():
        return raise_alarm(kind, Subject(about), at=clock.now(), **detail).id


def alarms() -> list[Alarm]:
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Alarm).order_by(Alarm.id)))


def test_an_alarm_is_written_and_logged(app, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        sound(days=2)
    (alarm,) = alarms()
    assert (alarm.kind, alarm.subject_type, alarm.subject_id) == (AlarmKind.LABEL_LATE, "things", 1)
    assert (alarm.detail, alarm.cleared_at) == ({"days": 2}, None)
    assert [record.subject for record in caplog.records if record.message == "alarm"] == ["things:1"]


def test_one_that_stands_open_is_left_as_it_is(app) -> None:
    first = sound(days=2)
    assert sound(days=3) == first
    assert [alarm.detail for alarm in alarms()] == [{"days": 2}]
    assert sound(AlarmKind.MAIL_BOUNCED) != first
    assert sound(about=2) != first


def test_a_cleared_one_can_sound_again(app) -> None:
    agent, first = an_account(roles=[Role.AGENT]), sound()
    with unit_of_work():
        clear_alarm(db.session.get_one(Alarm, first), by=agent, at=clock.now(), reason="Label printed by hand")
    (cleared,) = alarms()
    assert (cleared.cleared_by_id, cleared.reason) == (agent.id, "Label printed by hand")
    assert sound() != first
    assert len(alarms()) == 2


def test_raised_by_eight_at_once_it_is_one_alarm(fresh_database: FreshDatabase) -> None:
    outcomes = fresh_database.in_parallel([sound] * 8)
    assert len(set(outcomes)) == 1
    assert len(fresh_database.run(alarms)) == 1


def test_what_is_no_job_cannot_be_tried_again(app) -> None:
    sound()
    with pytest.raises(parked.NotParked), unit_of_work():
        parked.retry(alarms()[0])
