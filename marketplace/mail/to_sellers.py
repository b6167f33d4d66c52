"""Letters to a seller about a sale. Orders of the brand's own pieces write to the warehouse."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import LazyString

from marketplace.credits import store_credit
from marketplace.credits.facts import CreditExpiresSoon
from marketplace.credits.models import GiftCard, StoreCredit
from marketplace.database import db
from marketplace.mail.addresses import about, url
from marketplace.mail.outgoing import send
from marketplace.orders import accounting, terms
from marketplace.orders.facts import (
    DeadlineExtended,
    OrderCancelled,
    OrderDelivered,
    OrderPaid,
    RefundedLate,
    ShipByNear,
    ShipByPassed,
)
from marketplace.orders.models import Order
from marketplace.payouts.facts import (
    CreditReady,
    DebtCovered,
    GiftCardReady,
    GiftCardReplaced,
    GoodwillReady,
    PayoutHeld,
)
from marketplace.payouts.models import Debt, Goodwill, Payout, PayoutHold
from marketplace.people.models import Person
from marketplace.presentation import day
from marketplace.programme.language import speaking
from marketplace.shipping.facts import LabelBought, LabelRefused


def _address(order: Order) -> str:
    """The seller's loyalty e-mail (MK-34, MK-43), or the warehouse's for the brand's own pieces."""
    if order.seller is not None:
        return order.seller.email
    return terms.of_seller(order).market.warehouse_email


def _language(order: Order) -> str:
    return order.seller.language if order.seller is not None else ""


def _write(message: str, order_id: int, at: datetime, *, parcel: int | None = None, **more: Any) -> None:
    order = db.session.get_one(Order, order_id)
    facts = {**about(order), "payout": accounting.split(order).payout, "supply": order.is_supply, **more}
    key = f"{order.number}:{at.isoformat()}" + (f":{parcel}" if parcel else "")
    language = _language(order)
    send(message, key=key, to=_address(order), about=order, at=at, facts=facts, label_of=parcel, language=language)


def sold(fact: OrderPaid) -> None:
    """It is sold; the label follows."""
    _write("sold", fact.order_id, fact.at)


def label(fact: LabelBought) -> None:
    """The prepaid label with how to pack and where to hand over (MK-34–40). Its hand-over starts the ship-by clock."""
    order = db.session.get_one(Order, fact.order_id)
    with speaking(_language(order)):
        policy = terms.of_seller(order)
    days = policy.limits.ship_by_business_days
    ship_by = terms.calendar().end_of_business_day_after(fact.at, days)
    _write(
        "label",
        fact.order_id,
        fact.at,
        parcel=fact.parcel_id,
        ship_by=ship_by,
        label_url=url(f"/sell/sales/{order.number}/label.pdf"),
        packing=[str(line) for line in policy.shipping.packing_tips],
        drop_off_url=policy.shipping.drop_off.url,
        pickup_url=policy.shipping.pickup.url,
    )


def label_refused(fact: LabelRefused) -> None:
    """The carrier made no label; the desk looks, and nothing is shipped meanwhile (fault L02).

    The carrier's words stay with us: they may name the buyer's address.
    """
    _write("label_refused", fact.order_id, fact.at)


def ship_by_near(fact: ShipByNear) -> None:
    """The last day is near."""
    _write("ship_by_near", fact.order_id, fact.at)


def ship_by_passed(fact: ShipByPassed) -> None:
    """The moment has passed; the buyer may cancel, and when the order ends by itself."""
    _write("ship_by_passed_seller", fact.order_id, fact.at, cancels_at=fact.cancels_at)


def delivered(fact: OrderDelivered) -> None:
    """It arrived; when the gift card follows."""
    order = db.session.get_one(Order, fact.order_id)
    if not order.is_supply:
        _write("delivered_seller", fact.order_id, fact.at)


def cancelled(fact: OrderCancelled) -> None:
    """The order ended before the parcel was handed over."""
    _write("cancelled_seller", fact.order_id, fact.at, reason=fact.reason)


def gift_card_ready(fact: GiftCardReady) -> None:
    """The gift card, its code sealed in the row until the letter leaves (MK-41, MK-43, fault G05)."""
    payout = db.session.get_one(Payout, fact.payout_id)
    seller = db.session.get_one(Person, payout.seller_id)
    bare = {"title": payout.reference, "number": payout.reference}
    of_order = about(db.session.get_one(Order, payout.order_id)) if payout.order_id is not None else bare
    send(
        "gift_card_ready",
        key=payout.reference,
        to=seller.email,
        about=payout,
        at=fact.at,
        facts={
            **of_order,
            "amount": payout.amount,
            "last_four": payout.gift_card_last_four,
            "credit_url": url("/account/credit"),
        },
        secrets={"code": fact.code},
        language=seller.language,
    )


def credit_ready(fact: CreditReady) -> None:
    """Store credit has been given: how much, with which bonus, and how long it is good for (NAP-42, NAP-43)."""
    payout = db.session.get_one(Payout, fact.payout_id)
    credit = db.session.get_one(StoreCredit, payout.store_credit_id)
    send(
        "credit_ready",
        key=payout.reference,
        to=credit.holder.email,
        about=payout,
        at=fact.at,
        facts={
            "number": payout.reference,
            "amount": credit.initial,
            "bonus": credit.bonus if credit.bonus else "",
            "until": LazyString(day, credit.expires_at, year=True),  # a year ahead: the weekday alone is next week's
            "credit_url": url("/account/credit"),
        },
        language=credit.holder.language,
    )


def debt_covered(fact: DebtCovered) -> None:
    """What somebody owed was taken from a payout: how much, for what, and what is left of either."""
    payout, debt = db.session.get_one(Payout, fact.payout_id), db.session.get_one(Debt, fact.debt_id)
    seller = db.session.get_one(Person, payout.seller_id)
    send(
        "payout_covered",
        key=f"{payout.reference}:{debt.id}:{debt.open_minor}",
        to=seller.email,
        about=payout,
        at=fact.at,
        facts={
            "number": payout.reference,
            "amount": fact.amount,
            "owed": debt.open or "",
            "left": payout.amount or "",
            "sale": db.session.get_one(Order, debt.order_id).number,
            "payouts_url": url("/sell/payouts"),
        },
        language=seller.language,
    )


def credit_expires(fact: CreditExpiresSoon) -> None:
    """What is left of a store credit ends soon."""
    credit = db.session.get_one(StoreCredit, fact.credit_id)
    send(
        "credit_expires",
        key=f"{credit.number}:{fact.at.isoformat()}",
        to=credit.holder.email,
        about=credit,
        at=fact.at,
        facts={
            "left": store_credit.balances([credit])[credit.id],
            "until": credit.expires_at,
            "credit_url": url("/account/credit"),
        },
        language=credit.holder.language,
    )


def gift_card_replaced(fact: GiftCardReplaced) -> None:
    """The replacement of a lost card (MK-66)."""
    card = db.session.get_one(GiftCard, fact.gift_card_id)
    if card.holder_id is None:
        return
    holder = db.session.get_one(Person, card.holder_id)
    send(
        "gift_card_replaced",
        key=card.number,
        to=holder.email,
        about=card,
        at=fact.at,
        facts={"amount": card.initial, "last_four": card.last_four, "credit_url": url("/account/credit")},
        secrets={"code": fact.code},
        language=holder.language,
    )


def refunded_late(fact: RefundedLate) -> None:
    """The buyer was refunded after the sale had ended, and what that takes from the seller; the house knows."""
    order = db.session.get_one(Order, fact.order_id)
    if order.is_supply:
        return
    send(
        "refunded_late_seller",
        key=f"{order.number}:{order.refunded.minor}",  # a part and the rest may go at one moment
        to=_address(order),
        about=order,
        at=fact.at,
        facts={**about(order), "taken": fact.taken or "", "owed": fact.owed or "", "fraud": fact.is_fraud},
        language=_language(order),
    )


def payout_held(fact: PayoutHeld) -> None:
    """The desk looks into the sale first: why, what clears it, and until when at the latest."""
    hold = db.session.get_one(PayoutHold, fact.hold_id)
    _write("payout_held", hold.order_id, fact.at, why=hold.label, clears=hold.clears, until=hold.until)


def deadline_extended(fact: DeadlineExtended) -> None:
    """The desk has put a deadline off."""
    _write("deadline_extended_seller", fact.order_id, fact.at, which=fact.deadline, until=fact.until)


def goodwill_ready(fact: GoodwillReady) -> None:
    """A gift card out of the programme's own pocket, to whichever side of the sale it was given."""
    gift = db.session.get_one(Goodwill, fact.goodwill_id)
    order = db.session.get_one(Order, gift.order_id)
    is_buyers = gift.receiver_id == order.buyer_id
    facts = {**about(order), "amount": gift.amount, "help_url": url("/help/gift-cards")}
    send(
        "goodwill",
        key=gift.number,
        to=order.checkout.email if is_buyers else _address(order),
        about=gift,
        at=fact.at,
        facts=facts,
        secrets={"code": fact.code},
        language=order.buyer.language if is_buyers else _language(order),
    )
