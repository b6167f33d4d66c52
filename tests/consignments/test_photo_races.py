"""A piece is taken out of a request while its photo is on its way in: nothing of it stays, and both hear so calmly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.consignments import describing, finding
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.custody import examining
from marketplace.database import db, unit_of_work
from marketplace.errors import NotFound, Refusal
from marketplace.listings import photos
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.consignments import steps
from tests.fresh import FreshDatabase
from tests.photos import phone_photo

PATIENCE = 20  # seconds


def begin(fresh: FreshDatabase) -> tuple[int, photos.PreparedPhoto]:
    """Her request with one piece, and a photo of it that has been computed."""

    def ready() -> tuple[int, photos.PreparedPhoto]:
        steps.open_for_consigning()
        owner = an_account()
        with unit_of_work():
            describing.add(steps.a_wish(), by=owner, at=clock.now())
        prepared = photos.prepare(phone_photo(), versions.current().policy.photos)
        return owner.id, prepared

    return fresh.run(ready)  # type: ignore[no-any-return]


def recording(owner_id: int, prepared: photos.PreparedPhoto) -> Callable[[], None]:
    def act() -> None:
        with unit_of_work():
            owner = db.session.get_one(Person, owner_id)
            listing = finding.unsent_piece(owner, 1).listing
            assert listing is not None
            photos.keep(listing, "front", prepared, by=owner, at=clock.now())

    return act


def taking_out(owner_id: int) -> Callable[[], None]:
    def act() -> None:
        with unit_of_work():
            owner = db.session.get_one(Person, owner_id)
            describing.take_out(finding.unsent_piece(owner, 1), by=owner, at=clock.now())

    return act


def nothing_is_left() -> bool:
    return [db.session.query(kind).count() for kind in (ConsignedPiece, Listing, ListingPhoto)] == [0, 0, 0]


def removed_first(fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the sender of a photo meets whose listing is removed just before it is locked."""
    owner_id, prepared = begin(fresh)
    editing = photos.editing

    def too_late(listing: Listing) -> Any:
        db.session.execute(sa.delete(ConsignedPiece))  # as the other tab has committed it by now
        db.session.execute(sa.delete(Listing))
        return editing(listing)

    monkeypatch.setattr(photos, "editing", too_late)
    [outcome] = fresh.in_parallel([recording(owner_id, prepared)])
    return outcome


def test_a_photo_of_a_piece_taken_out_meanwhile_is_not_there(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(removed_first(fresh_database, monkeypatch), NotFound)


def test_control_a_lock_that_takes_the_row_for_granted_is_a_fault_of_ours(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "editing", lambda listing: db.session.refresh(listing, with_for_update=True))
    assert isinstance(removed_first(fresh_database, monkeypatch), sa.exc.InvalidRequestError)


def meeting(fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch, *, both_write: bool) -> list[Any]:
    """The photo is recorded, and not yet committed, when the piece is taken out: the second waits for the first."""
    owner_id, prepared = begin(fresh)
    recorded, came = threading.Event(), threading.Event()
    keep, forget = photos.keep, describing.bench.forget_draft

    def slowly(*photo: Any, **how: Any) -> Any:
        kept = keep(*photo, **how)
        recorded.set()
        assert not both_write or came.wait(PATIENCE)
        if both_write:
            _until_one_waits()
        return kept

    def after(piece: Any) -> None:
        came.set()
        forget(piece)

    def second() -> None:
        assert recorded.wait(PATIENCE)
        taking_out(owner_id)()

    monkeypatch.setattr(photos, "keep", slowly)
    monkeypatch.setattr(describing.bench, "forget_draft", after)
    return fresh.in_parallel([recording(owner_id, prepared), second])


def _until_one_waits() -> None:
    waiting, moment = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted"), threading.Event()
    for _look in range(PATIENCE * 100):
        if db.session.scalar(waiting):
            return
        moment.wait(0.01)
    raise AssertionError("nobody waits")


def test_a_piece_is_taken_out_with_the_photo_that_was_just_coming(
    fresh_database: FreshDatabase, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert meeting(fresh_database, monkeypatch, both_write=engine == "postgresql") == [None, None]
    assert fresh_database.run(nothing_is_left)


def test_control_without_waiting_for_the_photo_the_removal_trips_over_it(
    fresh_database: FreshDatabase, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite has one writer at a time: there the removal comes after the photo, protected or not."""
    refresh = db.session.refresh

    def unless_locked(row: Any, **how: Any) -> None:
        if not isinstance(row, Listing):
            refresh(row, **how)

    monkeypatch.setattr(examining.db.session, "refresh", unless_locked)
    first, second = meeting(fresh_database, monkeypatch, both_write=engine == "postgresql")
    assert first is None
    assert second is None if engine == "sqlite" else isinstance(second, sa.exc.IntegrityError)


def test_a_piece_taken_out_several_times_at_once_is_taken_out_once(fresh_database: FreshDatabase) -> None:
    owner_id, _prepared = begin(fresh_database)
    outcomes = fresh_database.in_parallel([taking_out(owner_id)] * 4)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", *["NotFound"] * 3]
    assert fresh_database.run(nothing_is_left)


def taken_out_before(fresh: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the second of two tabs meets: the first has taken the piece out before the second holds the request."""
    owner_id, _prepared = begin(fresh)
    check = describing.check_unsent

    def too_late(request: Consignment) -> None:
        db.session.execute(sa.delete(ConsignedPiece))
        db.session.execute(sa.delete(Listing))
        check(request)

    monkeypatch.setattr(describing, "check_unsent", too_late)
    [outcome] = fresh.in_parallel([taking_out(owner_id)])
    return outcome


def test_what_another_tab_has_taken_out_is_not_there(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(taken_out_before(fresh_database, monkeypatch), NotFound)


def test_control_without_a_second_look_the_second_tab_trips_over_the_first(
    fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "_hold", lambda piece: describing.check_unsent(piece.consignment))
    outcome = taken_out_before(fresh_database, monkeypatch)
    assert isinstance(outcome, Exception) and not isinstance(outcome, Refusal)
