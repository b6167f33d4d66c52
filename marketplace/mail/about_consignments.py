"""Letters to the owner of consigned pieces: the label, what arrived, what waits for an answer, what was sold."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from marketplace.consignments import smart_pricing, terms
from marketplace.consignments.facts import PieceMoved, PriceStepped, ReadyToCome
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.custody import fees
from marketplace.custody.billing import FeeBilled
from marketplace.custody.models import FeeBill
from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.mail import arranged
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.orders.facts import RefundedLate
from marketplace.people.models import Person
from marketplace.programme.language import speaking

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


def fee_billed(fact: FeeBilled) -> None:
    """The link by which a fee is paid, before its piece is sent back (GAP-19)."""
    bill = db.session.get_one(FeeBill, fact.bill_id)
    owner = db.session.get_one(Person, bill.owner_id)
    facts = {
        "number": bill.number,
        "title": bill.title,
        "fee": bill.amount,
        "page_url": url(f"/sell/fees/{bill.number}"),
    }
    send("fee_link", key=bill.number, to=owner.email, about=bill, at=fact.at, facts=facts, language=owner.language)


def ready_to_come(fact: ReadyToCome) -> None:
    """The one label, with what to do with it (NAP-21, NAP-26); or to which store they are brought."""
    consignment = db.session.get_one(Consignment, fact.consignment_id)
    with speaking(consignment.owner.language):
        facts = {
            **arranged.facts(consignment, terms.of_owner(consignment)),
            "number": consignment.number,
            "count": len(consignment.pieces),
            "due": consignment.pieces[0].due_at,
            "page_url": url(f"/sell/consign/{consignment.number}"),
        }
    arranged.send_to(consignment.owner, "consigned_label", consignment, at=fact.at, facts=facts)


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


def price_stepped(fact: PriceStepped) -> None:
    """Smart Pricing lowered what she receives: what it is now, what comes next, and where she stops it (NAP-36)."""
    piece = db.session.get_one(ConsignedPiece, fact.piece_id)
    owner = piece.consignment.owner
    following = next(iter(smart_pricing.steps(piece, begins_at=fact.at)), None) if piece.next_cut_at else None
    with speaking(owner.language):
        steps = {
            "before": fact.before,
            "then": following.net.payout if following else "",
            "due": following.at if following else "",
        }
        facts = {**_facts(piece), **steps}
    key = f"{piece.number}:step:{fact.at.isoformat()}"
    send("consigned_stepped", key=key, to=owner.email, about=piece, at=fact.at, facts=facts, language=owner.language)


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
    zero, back = Money.zero(piece.currency), fees.given_back(piece)
    return {
        "title": piece.title,
        "number": piece.number,
        "price": net.price if net else zero,
        "payout": piece.owed or (net.payout if net else zero),
        "fee_back": back.fee if back else "",
        "by_card": back is not None and back.to_card,
        "due": piece.due_at or piece.consignment.requested_at,
        "reason": f"{reason.label}. {reason.text}" if reason else "",
        "page_url": url(f"/sell/consign/{piece.consignment.number}/{piece.position}"),
        "shop_url": url(public_path(piece.listing)) if piece.listing else "",
    }
