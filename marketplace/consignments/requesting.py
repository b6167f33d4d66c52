"""Asking us to sell: one to many pieces, one parcel, one label, and every reason why not, piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace.consignments import waiting
from marketplace.consignments.arriving import LABEL_LATE
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.moving import move
from marketplace.consignments.states import PieceState
from marketplace.custody import inbound
from marketplace.custody.models import Way
from marketplace.custody.taking import PieceNotTaken, Wish, check_day, check_kind
from marketplace.database import db, public_id
from marketplace.errors import Refusal
from marketplace.jobs import deadlines
from marketplace.people.models import Person
from marketplace.programme import Policy, versions
from marketplace.shipping import parcels
from marketplace.shipping.postal import PostalAddress


class ConsigningIsOff(Refusal):
    message = _l("This programme does not sell pieces for their owners.")


class TooFewPieces(Refusal):
    """Fewer pieces than the policy asks for (NAP-23)."""

    status = 422


class TooManyPieces(Refusal):
    """More pieces than fit into one parcel."""

    status = 422


def request(
    wishes: Sequence[Wish],
    *,
    ships_from: PostalAddress,
    collect_on: date | None = None,
    by: Person,
    at: datetime,
) -> Consignment:
    """Ask us to sell these pieces; their one label is on its way (NAP-21, NAP-26). ``collect_on`` wants them collected.

    Raises ``ConsigningIsOff``, ``TooFewPieces``, ``TooManyPieces``, ``PieceNotTaken`` or ``CannotCollectThen``.
    """
    published = versions.current()
    policy = published.policy
    check_count(policy, len(wishes))
    for wish in wishes:
        check_piece(policy, house=wish.house, category=wish.category, grade=wish.grade)
    if collect_on is not None:
        check_day(policy, collect_on, at)
    consignment = Consignment(
        number=public_id("K"),
        owner_id=by.id,
        policy_version_id=published.id,
        requested_at=at,
        way=Way.COLLECTION if collect_on else Way.DROP_OFF,
        collect_on=collect_on,
        ships_from=ships_from.mapping,
    )
    db.session.add(consignment)
    db.session.flush()
    currency = policy.market.currency
    consignment.pieces.extend(_piece(wish, position, currency) for position, wish in enumerate(wishes, start=1))
    db.session.flush()
    for piece in consignment.pieces:
        waiting.wait(piece, at=at)
    promised = at + timedelta(hours=policy.modes.consignment.label_hours)
    deadlines.set_deadline(LABEL_LATE, consignment, promised)
    inbound.ask_for_label(consignment.number, ships_from, policy, at=at)
    return consignment


def _piece(wish: Wish, position: int, currency: str) -> ConsignedPiece:
    return ConsignedPiece(
        position=position,
        state=PieceState.REQUESTED,
        currency=currency,
        fee_minor=0,
        **wish.columns,
    )


def check_count(policy: Policy, count: int) -> None:
    """Raise where so many pieces cannot be one request."""
    rule = policy.modes.consignment
    if not rule.is_on:
        raise ConsigningIsOff()
    if count < rule.min_pieces:
        least = ngettext("Send at least %(num)s piece.", "Send at least %(num)s pieces.", rule.min_pieces)
        raise TooFewPieces(" ".join(filter(None, (least, rule.min_reason))))
    if count > rule.max_pieces:
        raise TooManyPieces(
            ngettext("One parcel holds %(num)s piece.", "One parcel holds %(num)s pieces.", rule.max_pieces)
        )


def check_piece(policy: Policy, *, house: str, category: str, grade: str) -> None:
    """Raise ``PieceNotTaken`` with the reason where such a piece is none we sell (NAP-05, NAP-08, BAL-09)."""
    if not policy.modes.consignment.takes_house(house):
        known = policy.modes.consignment.houses
        raise PieceNotTaken("house", _("We take pieces of these houses only: %(houses)s.", houses=", ".join(known)))
    check_kind(policy, category=category, grade=grade)


def withdraw(consignment: Consignment, *, by: Person, at: datetime) -> None:
    """Think better of it before anything is sent: the label is given back. Raises ``CannotWithdrawConsigned``."""
    for piece in consignment.pieces:
        move(piece, "withdraw", by=by, at=at)
    parcels.cancel_inbound(consignment.number, by=by, at=at)
