"""Letters to the owner of consigned pieces: the label, what arrived, what waits for an answer, what was sold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from marketplace.consignments import terms
from marketplace.consignments.facts import LabelReady, PieceMoved
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.orders.facts import RefundedLate
from marketplace.programme.language import speaking
from marketplace.shipping import parcels

LETTERS = {
    "receive": "consigned_arrived",
    "propose": "consigned_proposed",
    "stand": "consigned_proposed",
    "decline": "consigned_declined",
    "put_on_sale": "consigned_live",
    "sell": "consigned_sold",
    "lose": "consigned_lost",
    "hand_back": "consigned_back",
}


def label_ready(fact: LabelReady) -> None:
    """The one label, with what to do with it (NAP-21, NAP-26)."""
    consignment = db.session.get_one(Consignment, fact.consignment_id)
    parcel, owner = parcels.inbound_parcel(consignment.number), consignment.owner
    if parcel is None:
        return
    with speaking(owner.language):
        policy = terms.of_owner(consignment)
    facts = {
        "number": consignment.number,
        "count": len(consignment.pieces),
        "due": consignment.pieces[0].due_at,
        "drop_off": policy.shipping.drop_off.text,
        "drop_off_url": policy.shipping.drop_off.url,
        "packing": [str(line) for line in policy.shipping.packing_tips],
        "page_url": url(f"/sell/consign/{consignment.number}"),
    }
    key = f"{consignment.number}:{fact.at.isoformat()}"
    send(
        "consigned_label",
        key=key,
        to=owner.email,
        about=consignment,
        at=fact.at,
        facts=facts,
        label_of=parcel.id,
        language=owner.language,
    )


def piece_moved(fact: PieceMoved) -> None:
    """Write to its owner where the move is news for her (NAP-28, NAP-37)."""
    message = LETTERS.get(fact.action)
    if message is None:
        return
    piece = db.session.get_one(ConsignedPiece, fact.piece_id)
    owner = piece.consignment.owner
    key = f"{piece.number}:{fact.action}:{fact.at.isoformat()}"
    with speaking(owner.language):
        facts = _facts(piece)
    send(message, key=key, to=owner.email, about=piece, at=fact.at, facts=facts, language=owner.language)


def refunded_late(fact: RefundedLate) -> None:
    """Its buyer was refunded for fraud: what that takes from its owner. Without fraud it takes nothing."""
    if not fact.is_fraud:
        return
    piece = db.session.scalar(sa.select(ConsignedPiece).where(ConsignedPiece.order_id == fact.order_id))
    if piece is None:
        return
    owner = piece.consignment.owner
    facts = {
        "title": piece.title,
        "number": piece.number,
        "taken": fact.taken or "",
        "owed": fact.owed or "",
        "fraud": True,
        "sale_url": url(f"/sell/consign/{piece.consignment.number}/{piece.position}"),
    }
    send(
        "refunded_late_seller",
        key=piece.number,
        to=owner.email,
        about=piece,
        at=fact.at,
        facts=facts,
        language=owner.language,
    )


def _facts(piece: ConsignedPiece) -> dict[str, Any]:
    policy, net = terms.of_owner(piece.consignment), terms.net_of(piece)
    reason = policy.review.decline_reason(piece.decline_reason) if piece.decline_reason else None
    zero = Money.zero(piece.currency)
    return {
        "title": piece.title,
        "number": piece.number,
        "price": net.price if net else zero,
        "payout": piece.owed or (net.payout if net else zero),
        "due": piece.due_at or piece.consignment.requested_at,
        "reason": f"{reason.label}. {reason.text}" if reason else "",
        "page_url": url(f"/sell/consign/{piece.consignment.number}/{piece.position}"),
        "shop_url": url(public_path(piece.listing)) if piece.listing else "",
    }
