"""One request is written on several devices at once: it is one, and nothing is added to what was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.consignments import describing, requesting
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import PieceState
from marketplace.database import db, unit_of_work
from marketplace.people.models import Person
from tests.accounts import an_account
from tests.consignments import steps
from tests.fresh import FreshDatabase

DEVICES = 4


def describe(person_id: int) -> Callable[[], None]:
    def act() -> None:
        with unit_of_work():
            describing.add(steps.a_wish(), by=db.session.get_one(Person, person_id), at=clock.now())

    return act


def begin(fresh: FreshDatabase) -> tuple[int, list[Any]]:
    """Each device describes a first piece at the same moment."""

    def ready() -> int:
        steps.open_for_consigning(max_pieces=2 * DEVICES)
        return an_account().id

    owner = fresh.run(ready)
    return owner, fresh.in_parallel([describe(owner)] * DEVICES)


def requests() -> list[Consignment]:
    return list(db.session.scalars(sa.select(Consignment).order_by(Consignment.id)))


def test_what_is_begun_on_several_devices_is_one_request_with_every_piece(fresh_database: FreshDatabase) -> None:
    owner, outcomes = begin(fresh_database)
    assert outcomes == [None] * DEVICES

    def send() -> None:
        with unit_of_work():
            [draft] = [one for one in requests() if one.requested_at is None]
            requesting.request(draft, steps.BY_PARCEL, by=draft.owner, at=clock.now())

    def judge_draft() -> None:
        [draft] = requests()
        assert [piece.position for piece in draft.pieces] == list(range(1, DEVICES + 1))

    def judge_sent() -> None:
        sent, *later = requests()
        assert {piece.state for piece in sent.pieces} == {PieceState.REQUESTED}
        assert {piece.state for one in later for piece in one.pieces} <= {PieceState.DRAFT} and len(later) <= 1
        assert db.session.query(ConsignedPiece).count() == 2 * DEVICES - 1

    fresh_database.run(judge_draft)
    assert fresh_database.in_parallel([send, *[describe(owner)] * (DEVICES - 1)]) == [None] * DEVICES
    fresh_database.run(judge_sent)


def test_control_without_the_index_each_device_begins_a_request_of_its_own(fresh_database: FreshDatabase) -> None:
    def drop_the_index() -> None:
        db.session.execute(sa.text("DROP INDEX uq_consignments_draft"))
        db.session.commit()

    fresh_database.run(drop_the_index)

    def two_begun() -> int:
        steps.open_for_consigning()
        person = an_account()
        row = {"owner_id": person.id, "policy_version_id": 1, "way": "drop_off"}
        with unit_of_work():
            for number in ("K0000001", "K0000002"):  # as both devices do that have found none
                db.session.execute(describing.insert_new(Consignment).values(number=number, **row))
        return len(requests())

    assert fresh_database.run(two_begun) == 2


def test_control_a_piece_added_without_the_lock_is_left_behind_in_what_was_sent(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.open_for_consigning()
    owner = an_account()
    sent = steps.requested(owner)
    monkeypatch.setattr(describing, "_begun", lambda _person: sent)  # as it was read before it was sent
    describe(owner.id)()
    db.session.expire_all()
    assert [piece.state for piece in sent.pieces] == [PieceState.REQUESTED, PieceState.DRAFT]
