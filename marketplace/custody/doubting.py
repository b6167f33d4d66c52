"""A counterfeit among the pieces of a person: what else of hers comes to us, or lies with us, is looked at again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from marketplace.custody.examining import NotGenuine, check_not_own, check_second_person
from marketplace.custody.fees import charged_models
from marketplace.database import db
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.listings import facts, rechecking
from marketplace.people.models import Person


def find_counterfeit(piece: Any, owner: Person, *, by: Person, at: datetime) -> None:
    """A second person finds the piece that somebody else examined to be a counterfeit.

    Raises ``SamePerson`` or ``OwnPiece``, and ``NotGenuine`` for a piece that nobody has examined.
    """
    check_not_own(owner.id, by)
    check_second_person(piece.examined_by, by, needs_two=True)
    if piece.item is None:
        raise NotGenuine()
    piece.found_genuine_by = None
    rechecking.doubt(piece.item, owner, by=by, at=at)


def owner_in_doubt(fact: facts.OwnerInDoubt) -> None:
    """The desk is told of each open piece of hers; one on the bench has to be found genuine once more."""
    for model in charged_models():
        hers = sa.select(model).where(model.is_of(fact.person_id)).order_by(model.id).with_for_update()
        for piece in db.session.scalars(hers.execution_options(populate_existing=True)).all():
            if piece.is_over or piece.item_id == fact.item_id:
                continue
            raise_alarm(AlarmKind.SELLER_IN_DOUBT, piece, at=fact.at)
            if piece.state.value == "inspecting":
                piece.found_genuine_by = None
