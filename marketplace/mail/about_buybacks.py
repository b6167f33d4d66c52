"""Letters about pieces that are offered to us: the quote, the label, what arrived, what was found, the money."""

from __future__ import annotations

from typing import Any

from marketplace.buybacks import terms
from marketplace.buybacks.facts import BuybackLabelReady, BuybackMoved
from marketplace.buybacks.models import Buyback
from marketplace.database import db
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.money import Money
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.programme.language import speaking
from marketplace.shipping import parcels

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


def label_ready(fact: BuybackLabelReady) -> None:
    """The label, with what to do with it (NAP-26)."""
    buyback = db.session.get_one(Buyback, fact.buyback_id)
    parcel, owner = parcels.inbound_parcel(buyback.number), buyback.owner
    if parcel is None:
        return
    with speaking(owner.language):
        shipping = terms.of_owner(buyback).shipping
        facts = {
            **_facts(buyback),
            "drop_off": shipping.drop_off.text,
            "drop_off_url": shipping.drop_off.url,
            "packing": [str(line) for line in shipping.packing_tips],
        }
    send(
        "buyback_label",
        key=f"{buyback.number}:label:{fact.at.isoformat()}",
        to=owner.email,
        about=buyback,
        at=fact.at,
        facts=facts,
        label_of=parcel.id,
        language=owner.language,
    )


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
    price = buyback.price or Money.zero(buyback.currency)
    return {
        "title": buyback.title,
        "number": buyback.number,
        "price": price,
        "payout": buyback.owed or price,
        "quoted": buyback.quoted or price,
        "due": buyback.due_at or buyback.submitted_at,
        "form": str(PAYOUT_FORMS[buyback.form]) if buyback.form else "",
        "reason": f"{reason.label}. {reason.text}" if reason else buyback.revision_reason,
        "page_url": url(f"/sell/quote/{buyback.number}"),
    }
