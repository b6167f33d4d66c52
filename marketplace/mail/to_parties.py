"""Letters to the two sides of a case: what moved, who acts by when, and what happens if nobody does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import LazyString

from marketplace.database import db
from marketplace.disputes.chargebacks import orders_of
from marketplace.disputes.facts import BankWrote, CaseMoved, News
from marketplace.disputes.models import Dispute
from marketplace.disputes.permissions import is_open_to_appeal
from marketplace.disputes.showing import clause_of
from marketplace.disputes.standing import standing
from marketplace.disputes.states import Side, WaitingOn
from marketplace.disputes.waiting import waiting_on
from marketplace.disputes.words import KINDS, REMEDIES, WISHES
from marketplace.jobs import outbox
from marketplace.mail.addresses import about, url
from marketplace.mail.outgoing import MAIL, send
from marketplace.orders import links
from marketplace.orders.models import Order
from marketplace.payments.chargeback_models import Chargeback
from marketplace.shipping import parcels

# Who is written to; nobody about what only the other side has to know or what they did themselves a moment ago.
READERS: dict[News, tuple[Side, ...]] = {
    News.OPENED: (Side.BUYER, Side.SELLER),
    News.WITHDRAWN: (Side.SELLER,),
    News.OFFERED: (Side.BUYER,),
    News.IN_REVIEW: (Side.BUYER, Side.SELLER),
    News.AGREED: (Side.BUYER, Side.SELLER),
    News.DECIDED: (Side.BUYER, Side.SELLER),
    News.RETURN_LABEL: (Side.BUYER,),
    News.RETURNED: (Side.BUYER, Side.SELLER),
    News.NEW_DATE: (Side.BUYER, Side.SELLER),
    News.MESSAGE: (Side.BUYER, Side.SELLER),
    News.CLOSED: (Side.BUYER, Side.SELLER),
}


def bank_wrote(fact: BankWrote) -> None:
    """Tell each seller of the payment what the buyer's bank did, and what it means for their money (fault B18)."""
    chargeback = db.session.get_one(Chargeback, fact.chargeback_id)
    for order in orders_of(chargeback):
        if order.seller is not None:
            send(
                f"chargeback_{fact.news.value}",
                key=f"{chargeback.number}:{order.number}:{outbox.count_of(chargeback, MAIL)}",
                to=order.seller.email,
                about=chargeback,
                at=fact.at,
                facts={**about(order), "sale_url": url(f"/sell/sales/{order.number}"), "words": chargeback.words},
                language=order.seller.language,
            )


def case_moved(fact: CaseMoved) -> None:
    """Tell each side that has to know."""
    dispute = db.session.get_one(Dispute, fact.dispute_id)
    for side in READERS[fact.news]:
        if side is Side.SELLER and dispute.order.seller is None:
            continue
        if fact.news is News.MESSAGE and side is fact.by:
            continue
        _write(dispute, fact, side)


def _write(dispute: Dispute, fact: CaseMoved, side: Side) -> None:
    order = dispute.order
    to, link = _reader(order, dispute, side, fact)
    returned = parcels.return_parcel_of(order.id) if fact.news is News.RETURN_LABEL else None
    send(
        f"dispute_{fact.news.value}",
        # Two things may happen to a case at one moment, and each is a letter: they are told apart by their number.
        key=f"{dispute.number}:{side.value}:{outbox.count_of(dispute, MAIL)}",
        to=to,
        about=dispute,
        at=fact.at,
        facts={**about(order), **_facts(dispute, side, fact.at)},
        secrets={"link_url": link},
        label_of=returned.id if returned else None,
        language=(order.seller.language if order.seller else "") if side is Side.SELLER else order.buyer.language,
    )


def _reader(order: Order, dispute: Dispute, side: Side, fact: CaseMoved) -> tuple[str, str]:
    """The address, and a link that opens the case: for a guest, too."""
    if side is Side.SELLER and order.seller is not None:
        return order.seller.email, url(f"/disputes/{dispute.number}")
    return order.checkout.email, url(f"/orders/link/{links.make(order, at=fact.at)}?to=case")


def _facts(dispute: Dispute, side: Side, at: datetime) -> dict[str, Any]:
    """The claim, who is waited for, until when, and what follows from silence."""
    party, decision, appeals = waiting_on(dispute), dispute.decision, is_open_to_appeal(dispute, at)
    if party is WaitingOn.EITHER_SIDE and not appeals:
        party = None  # the case closes at this moment
    clause = clause_of(decision) if decision else None
    return {
        "case": dispute.number,
        "side": side.value,
        "claim": KINDS[dispute.kind],
        "wish": WISHES[dispute.wish],
        "due": (dispute.due_at or "") if party else "",
        "standing": LazyString(_standing, dispute, side) if party else "",
        "counterfeit": bool(decision and decision.is_counterfeit),
        "offered": dispute.offered or "",
        "remedy": REMEDIES[decision.remedy] if decision else "",
        "reason": decision.words if decision else "",
        "rule": clause.label if clause else "",
        "rule_text": clause.text if clause else "",
        "appeals": (dispute.appeal_until or "") if appeals else "",
        "pause": dispute.pause_reason,
        "refunded": dispute.order.refunded or "",
    }


def _standing(dispute: Dispute, side: Side) -> str:
    """How the case stands for its reader, in the words of its page and the language spoken now."""
    stands = standing(dispute, side)
    return f"{stands.lead} {stands.text}" if stands else ""
