"""Letters about pieces that are offered to us: the quote, the label, what arrived, what was found, the money."""

from __future__ import annotations

from typing import Any

from marketplace.buybacks import terms
from marketplace.buybacks.facts import BuybackMoved, BuybackReadyToCome
from marketplace.buybacks.models import Buyback
from marketplace.custody import fees
from marketplace.database import db
from marketplace.mail import arranged
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.programme.language import speaking

LETTERS = {
    "quote": "quote_made",
    "answer": "quote_made",
    "decline": "quote_declined",
    "lapse": "quote_lapsed",
    "receive": "buyback_arrived",
    "revise": "quote_revised",
    "fail": "quote_revoked",
    "buy": "buyback_bought",
    "lose": "consigned_lost",
    "hand_back": "consigned_back",
}
BESIDE_A_PROPOSAL = ("quote", "lapse")  # of a consigned piece: its own letters say enough


def ready_to_come(fact: BuybackReadyToCome) -> None:
    """The label, with what to do with it (NAP-26); or to which store the piece is brought."""
    buyback = db.session.get_one(Buyback, fact.buyback_id)
    with speaking(buyback.owner.language):
        facts = {**_facts(buyback), **arranged.facts(buyback, terms.of_owner(buyback)), "count": 1}
    arranged.send_to(buyback.owner, "buyback_label", buyback, at=fact.at, facts=facts)


def moved(fact: BuybackMoved) -> None:
    """Write to its owner where the move is news for her."""
    message = LETTERS.get(fact.action)
    buyback = db.session.get_one(Buyback, fact.buyback_id)
    if message is None or (buyback.consigned_piece_id is not None and fact.action in BESIDE_A_PROPOSAL):
        return
    owner = buyback.owner
    key = f"{buyback.number}:{fact.action}:{fact.at.isoformat()}"
    with speaking(owner.language):
        facts = _facts(buyback)
    send(message, key=key, to=owner.email, about=buyback, at=fact.at, facts=facts, language=owner.language)


def _facts(buyback: Buyback) -> dict[str, Any]:
    policy = terms.of_owner(buyback)
    reason = policy.review.decline_reason(buyback.decline_reason) if buyback.decline_reason else None
    price, back = buyback.price or Money.zero(buyback.currency), fees.given_back(buyback)
    return {
        "title": buyback.title,
        "number": buyback.number,
        "price": price,
        "payout": buyback.owed or price,
        "quoted": buyback.quoted or price,
        "fee_back": back.fee if back else "",
        "by_card": back is not None and back.to_card,
        "due": buyback.due_at or buyback.submitted_at,
        "form": str(PAYOUT_FORMS[buyback.form]) if buyback.form else "",
        "reason": f"{reason.label}. {reason.text}" if reason else buyback.revision_reason,
        "page_url": url(f"/sell/quote/{buyback.number}"),
    }
