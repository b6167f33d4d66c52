"""What somebody would have us sell, described piece by piece: kept from the first one on until it is sent.

Each piece has a draft of its own at once, for its photos. The operations lock the request first, so that nothing is
added in one tab to what is sent in another.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace import events
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import CannotRequest, PieceState
from marketplace.custody import examining as bench
from marketplace.custody.models import Way
from marketplace.custody.taking import PieceNotTaken, Wish, check_kind
from marketplace.database import db, insert_new, public_id
from marketplace.errors import LostRace, NotFound, Refusal
from marketplace.people.models import Person
from marketplace.programme import Policy, versions


class TooManyPieces(Refusal):
    """More pieces than fit into one parcel."""

    status = 422


def add(wish: Wish, *, by: Person, at: datetime) -> ConsignedPiece:
    """Describe one piece more, in the one request this person is writing.

    Raises ``PieceNotTaken`` or ``TooManyPieces``.
    """
    policy = versions.current().policy
    check_piece(policy, house=wish.house, category=wish.category, grade=wish.grade)
    request = _begun(by)
    check_room(policy, len(request.pieces) + 1)
    piece = ConsignedPiece(
        consignment=request,
        position=max((one.position for one in request.pieces), default=0) + 1,
        state=PieceState.DRAFT,
        currency=policy.market.currency,
        fee_minor=0,
        **wish.columns,
    )
    db.session.add(piece)
    db.session.flush()
    bench.draft(piece, piece.number, by.id, by=by, at=at).grade = piece.grade
    events.record(piece, "describe", by=by, at=at)
    return piece


def _begun(person: Person) -> Consignment:
    """The request this person is writing, locked; begun where there is none, or where it was sent while we waited for
    the lock. Two begun at once are one.
    """
    standing = _locked(person)
    if standing is None:
        row = {
            "number": public_id("K"),
            "owner_id": person.id,
            "policy_version_id": versions.current().id,
            "way": Way.DROP_OFF,
        }
        db.session.execute(insert_new(Consignment).values(row))
        standing = _locked(person)
    if standing is None:
        raise LostRace()
    return standing


def _locked(person: Person) -> Consignment | None:
    begun = sa.select(Consignment).where(Consignment.owner_id == person.id, Consignment.requested_at.is_(None))
    return db.session.scalars(begun.with_for_update().execution_options(populate_existing=True)).first()


def change(piece: ConsignedPiece, wish: Wish, *, by: Person, at: datetime) -> None:
    """Describe a piece otherwise; its photos stay. Raises ``PieceNotTaken``, ``CannotRequest`` or ``NotFound``."""
    check_piece(versions.current().policy, house=wish.house, category=wish.category, grade=wish.grade)
    _hold(piece)
    for name, value in wish.columns.items():
        setattr(piece, name, value)
    bench.redraft(piece).grade = piece.grade
    events.record(piece, "describe", by=by, at=at)


def take_out(piece: ConsignedPiece, *, by: Person, at: datetime) -> None:
    """She keeps this one: nothing of it stays here. Raises ``CannotRequest`` or ``NotFound``."""
    _hold(piece)
    events.record(piece, "take_out", by=by, at=at)
    db.session.delete(piece)
    db.session.flush()
    bench.forget_draft(piece)


def _hold(piece: ConsignedPiece) -> None:
    """Lock the request; raise ``CannotRequest`` where it was sent, ``NotFound`` where the piece was taken out of it."""
    check_unsent(piece.consignment)
    if piece not in piece.consignment.pieces:
        raise NotFound()


def check_unsent(request: Consignment) -> None:
    """Lock the request; raise ``CannotRequest`` where it was sent."""
    db.session.refresh(request, with_for_update=True)
    if request.requested_at is not None:
        raise CannotRequest()


def check_room(policy: Policy, count: int) -> None:
    """Raise ``TooManyPieces`` where one parcel does not hold so many."""
    most = policy.modes.consignment.max_pieces
    if count > most:
        raise TooManyPieces(ngettext("One parcel holds %(num)s piece.", "One parcel holds %(num)s pieces.", most))


def check_piece(policy: Policy, *, house: str, category: str, grade: str) -> None:
    """Raise ``PieceNotTaken`` with the reason where such a piece is none we sell (NAP-05, NAP-08, BAL-09)."""
    if not policy.modes.consignment.takes_house(house):
        known = policy.modes.consignment.houses
        raise PieceNotTaken("house", _("We take pieces of these houses only: %(houses)s.", houses=", ".join(known)))
    check_kind(policy, category=category, grade=grade)
