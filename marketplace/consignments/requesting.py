"""Asking us to sell what was described: one to many pieces, one parcel, one label, and every reason why not."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace import events
from marketplace.consignments.arriving import LABEL_LATE
from marketplace.consignments.describing import check_piece, check_room, check_unsent
from marketplace.consignments.facts import ReadyToCome
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.moving import move
from marketplace.custody.arranging import Arrangement, agreed, ask_for_label
from marketplace.custody.examining import end_draft
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.people.models import Person
from marketplace.programme import Policy, versions
from marketplace.shipping import parcels


class ConsigningIsOff(Refusal):
    message = _l("This programme does not sell pieces for their owners.")


class TooFewPieces(Refusal):
    """Fewer pieces than the policy asks for (NAP-23)."""

    status = 422


def request(consignment: Consignment, comes: Arrangement, *, by: Person, at: datetime) -> None:
    """Ask us to sell the pieces described; their one label is on its way, unless they are brought (NAP-21, NAP-26).

    Its terms are those of this moment (GAP-18).
    Raises ``ConsigningIsOff``, ``TooFewPieces``, ``TooManyPieces``, ``PieceNotTaken``, ``CannotArrange`` or
    ``CannotRequest``.
    """
    check_unsent(consignment)
    published = versions.current()
    policy, pieces = published.policy, consignment.pieces
    check_count(policy, len(pieces))
    for piece in pieces:
        check_piece(policy, house=piece.house, category=piece.category, grade=piece.grade)
    for name, value in agreed(policy, comes, at).items():
        setattr(consignment, name, value)
    consignment.policy_version_id, consignment.requested_at = published.id, at
    db.session.flush()
    for piece in pieces:
        move(piece, "request", by=by, at=at)
    if ask_for_label(consignment.number, consignment, policy, at=at):
        promised = at + timedelta(hours=policy.modes.consignment.label_hours)
        deadlines.set_deadline(LABEL_LATE, consignment, promised)
    else:
        events.announce(ReadyToCome(consignment.id, at))


def check_count(policy: Policy, count: int) -> None:
    """Raise where so many pieces cannot be one request."""
    rule = policy.modes.consignment
    if not rule.is_on:
        raise ConsigningIsOff()
    if count < rule.min_pieces:
        least = ngettext("Send at least %(num)s piece.", "Send at least %(num)s pieces.", rule.min_pieces)
        raise TooFewPieces(" ".join(filter(None, (least, rule.min_reason))))
    check_room(policy, count)


def withdraw(consignment: Consignment, *, by: Person, at: datetime) -> None:
    """Think better of it before anything is sent: the label is given back. Raises ``CannotWithdrawConsigned``."""
    for piece in consignment.pieces:
        let_go(piece, by=by, at=at)
    parcels.cancel_inbound(consignment.number, by=by, at=at)


def let_go(piece: ConsignedPiece, *, by: HasActor, at: datetime) -> None:
    """One piece is not sent after all. Raises ``CannotWithdrawConsigned``."""
    move(piece, "withdraw", by=by, at=at)
    end_draft(piece.listing, by=by, at=at)
