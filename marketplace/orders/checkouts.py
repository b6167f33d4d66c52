"""Checkout: an offer written down (prices, shipping, tax, address), then holds and one payment attempt.

The total shown is the total charged. A price that changed in between stops the payment and is shown anew (fault B05).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm.attributes import set_committed_value

from marketplace import clock, events
from marketplace.database import db, public_id
from marketplace.errors import Refusal
from marketplace.events import SYSTEM, HasActor
from marketplace.jobs import deadlines
from marketplace.listings import rechecking, withdrawing
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.money import Money
from marketplace.offers import pricing
from marketplace.orders import credit, holds
from marketplace.orders.facts import CreditPaysAll
from marketplace.orders.models import Checkout, Order
from marketplace.orders.snapshots import as_sold
from marketplace.orders.states import CheckoutState, OrderState
from marketplace.orders.tax import TaxLine, TaxQuote, is_out_of_date
from marketplace.payments import attempts
from marketplace.payments.models import PaymentAttempt
from marketplace.people.models import Person
from marketplace.programme import versions

ABANDONED = "checkout_abandoned"  # deadline: an offer nobody paid
ABANDONED_AFTER = timedelta(hours=2)


class OwnPiece(Refusal):
    message = _l("This is your own piece: you cannot buy what you sell.")


class PriceChanged(Refusal):
    """``listing_ids`` says which prices are not what the offer says."""

    def __init__(self, orders: Sequence[Order]) -> None:
        super().__init__(_("A price has changed since you last looked. Here is the new total."))
        self.listing_ids = [order.listing_id for order in orders]


class TaxOutOfDate(Refusal):
    message = _l("The tax of this offer is out of date. Here is the new total.")


class AlreadyPaying(Refusal):
    message = _l("This order is being paid for already, so how it is paid can no longer be changed.")


class NothingToBuy(Refusal):
    message = _l("Your bag is empty.")


def shipping_price(currency: str) -> Money:
    """The fixed amount that is added for each piece (MK-14)."""
    return Money(versions.current().policy.shipping.amount_minor, currency)


def tax_lines(listings: Sequence[Listing], *, buyer_id: int | None = None, at: datetime | None = None) -> list[TaxLine]:
    """The pieces as the tax adapter is asked about them, by the policy in force (GAP-18), at this buyer's prices."""
    policy = versions.current().policy
    prices = pricing.prices_for(listings, buyer_id, at=at or clock.now())
    shipping = shipping_price(policy.market.currency)
    return [
        TaxLine(
            reference=listing.number,
            price=Money(prices[listing.id], listing.currency),
            shipping=shipping,
            code=policy.eligibility.tax_code_of(listing.category),
            shipping_code=policy.tax.shipping_code,
            ship_from=listing.ships_from.postal if listing.ships_from else policy.market.warehouse_postal,
        )
        for listing in listings
    ]


def check_pieces(listings: Sequence[Listing], *, buyer_id: int | None) -> None:
    """Raise unless every piece can be bought by this buyer now (faults B06, B19)."""
    if not listings:
        raise NothingToBuy()
    if buyer_id is not None and any(listing.seller_id == buyer_id for listing in listings):
        raise OwnPiece()
    gone = [listing for listing in listings if listing.state is not ListingState.LIVE or _is_suspended(listing)]
    if gone:
        raise NotAvailable(_("%(titles)s is no longer available.", titles=", ".join(listing.title for listing in gone)))


def _is_suspended(listing: Listing) -> bool:
    return listing.seller is not None and listing.seller.suspended_at is not None


def offer_token(form_token: str, ship_to: dict[str, Any], listings: Sequence[Listing], uses_credit: bool) -> str:
    """The token of one offer: the same form sent twice is one, with anything else in it it is another."""
    content = [form_token, ship_to, [listing.number for listing in listings], uses_credit]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def open_checkout(
    *,
    buyer: Person,
    listings: Sequence[Listing],
    ship_to: dict[str, Any],
    quote: TaxQuote,
    form_token: str,
    uses_credit: bool = False,
    at: datetime,
) -> Checkout:
    """Write the offer down: one order a piece, awaiting payment, holding nothing yet.

    With ``uses_credit`` the buyer's store credit pays what it can; the caller answers for who that is (NAP-44).

    The same ``form_token`` returns the checkout it made before (a double click, fault B01).
    """
    known = db.session.scalar(sa.select(Checkout).where(Checkout.form_token == form_token))
    if known is not None:
        return known
    check_pieces(listings, buyer_id=buyer.id)
    published = versions.current()
    currency = published.policy.market.currency
    checkout = Checkout(
        number=public_id("C"),
        buyer=buyer,
        policy_version_id=published.id,
        state=CheckoutState.OPEN,
        started_at=at,
        email=buyer.email,
        ship_to=ship_to,
        currency=currency,
        total_minor=0,
        tax_quote=quote.record,
        form_token=form_token,
    )
    db.session.add(checkout)
    db.session.flush()
    set_committed_value(checkout, "orders", [])
    shipping, prices = shipping_price(currency), pricing.prices_for(listings, buyer.id, at=at)
    for listing, tax in zip(listings, quote.taxes, strict=True):
        checkout.orders.append(_order(checkout, listing, prices[listing.id], shipping, tax, at))
    checkout.total_minor = sum(order.total.minor for order in checkout.orders)
    if uses_credit:
        credit.offer(checkout, at=at)
    db.session.flush()
    for order in checkout.orders:
        events.record(order, "place", by=buyer, at=at)
    deadlines.set_deadline(ABANDONED, checkout, at + ABANDONED_AFTER)
    return checkout


def _order(checkout: Checkout, listing: Listing, price_minor: int, shipping: Money, tax: Money, at: datetime) -> Order:
    return Order(
        number=public_id("R"),
        checkout_id=checkout.id,
        listing=listing,
        item_id=listing.item_id,
        buyer_id=checkout.buyer_id,
        seller_id=listing.seller_id,
        policy_version_id=checkout.policy_version_id,
        seller_policy_version_id=listing.policy_version_id,
        state=OrderState.AWAITING_PAYMENT,
        placed_at=at,
        currency=checkout.currency,
        price_minor=price_minor,
        shipping_minor=shipping.minor,
        tax_minor=tax.minor,
        refunded_price_minor=0,
        refunded_shipping_minor=0,
        refunded_tax_minor=0,
        as_sold=as_sold(listing),
    )


def start_payment(checkout: Checkout, *, return_url: str, by: HasActor, at: datetime) -> PaymentAttempt | None:
    """Take every piece and the store credit offered, and write the payment attempt down; or raise with nothing taken.

    Twice is harmless: while an attempt stands open it is returned as it is (fault B01). The caller commits, then
    opens the page at the provider, then records the answer. None: nothing is left to pay, and the orders stand.
    """
    # A second press at the same moment waits here, and then finds the attempt of the first.
    db.session.refresh(checkout, with_for_update=True)
    standing = attempts.open_attempt_of(checkout.id)
    if standing is not None:
        return standing
    if checkout.state is CheckoutState.PAID:
        return None
    if checkout.state is not CheckoutState.OPEN:
        Checkout.machine.next_state(checkout.state, "expire")  # raises: this checkout is over
    orders = _orders_of(checkout)
    if any(_is_suspended(order.listing) for order in orders):
        raise NotAvailable()
    listings = [order.listing for order in orders]
    agreed = pricing.agreed(listings, checkout.buyer_id, at=at)
    prices = pricing.prices_by(agreed, listings)
    changed = [order for order in orders if order.price_minor != prices[order.listing_id]]
    if changed:
        raise PriceChanged(changed)
    limits = versions.current().policy.limits
    if is_out_of_date(checkout.tax_quote, clock.wall() + timedelta(minutes=limits.payment_minutes)):
        raise TaxOutOfDate()
    holds.take(checkout, at=at, by=by, limit=limits.live_holds_per_person)
    credit.take(checkout, by=by, at=at)
    pricing.use(agreed, at=at)
    deadlines.cancel_deadlines([checkout], ABANDONED, at=at)
    if not checkout.by_card:
        events.announce(CreditPaysAll(checkout.id, at))
        return None
    return attempts.start(
        checkout_id=checkout.id,
        amount=checkout.by_card,
        lines=[_line(order) for order in checkout.orders if order.by_card],
        email=checkout.email,
        return_url=return_url,
        minutes=limits.payment_minutes,
        at=at,
    )


def _line(order: Order) -> dict[str, Any]:
    """An order as the provider's page lists it: what is left of it to pay by card."""
    title = order.as_sold["title"]
    name = str(_("%(title)s, less store credit", title=title)) if order.credit else title
    return {"name": name, "amount_minor": order.by_card.minor}


def _orders_of(checkout: Checkout) -> Sequence[Order]:
    """Its orders with their listings and sellers as they are now, in one question.

    Written into the objects by hand: options of the loading would cling to them, and no outer join can be locked.
    """
    query = sa.select(Order, Listing, Person).join(Order.listing).outerjoin(Listing.seller).order_by(Order.id)
    mine = query.where(Order.checkout_id == checkout.id).execution_options(populate_existing=True)
    orders = []
    for order, listing, seller in db.session.execute(mine):
        set_committed_value(listing, "seller", seller)
        set_committed_value(order, "listing", listing)
        orders.append(order)
    set_committed_value(checkout, "orders", orders)
    return orders


def use_credit(checkout: Checkout, wanted: bool, *, at: datetime) -> None:
    """Let store credit pay what it can of an offer, or nothing; the caller answers for whose it is (NAP-44).

    Raises ``AlreadyPaying`` once a payment page stands open or the offer is over.
    """
    db.session.refresh(checkout, with_for_update=True)
    if not can_choose_credit(checkout):
        raise AlreadyPaying()
    if wanted:
        credit.offer(checkout, at=at)
    else:
        credit.share_out(checkout, Money.zero(checkout.currency))


def can_choose_credit(checkout: Checkout) -> bool:
    """Whether how an offer is paid is still open."""
    return checkout.state is CheckoutState.OPEN and attempts.open_attempt_of(checkout.id) is None


def expire(checkout: Checkout, *, at: datetime) -> None:
    """Nobody paid: the offer is over and its pieces are free again. Harmless where it is over already."""
    if checkout.state is not CheckoutState.OPEN:
        return
    events.transition(checkout, "expire", by=SYSTEM, at=at)
    waiting = [order for order in checkout.orders if order.state is OrderState.AWAITING_PAYMENT]
    events.transition_all(waiting, "expire", by=SYSTEM, at=at, sets={"closed_at": at})
    held = [order.listing for order in waiting if order.listing.state is ListingState.HELD and _holds(order)]
    pricing.give_back([listing.id for listing in held], checkout.buyer_id, at=at)
    holds.release(waiting, at=at)
    credit.let_go(waiting, at=at)
    events.transition_all(held, "release", by=SYSTEM, at=at)
    for listing in held:
        withdrawing.withdraw_if_returned(listing, at=at)
        rechecking.call_in_if_in_doubt(listing, at=at)


def _holds(order: Order) -> bool:
    """Whether it is this very checkout that holds the piece."""
    return holds.holder_of(order.item_id) == order.checkout_id


def sweep_abandoned(checkout_ids: Sequence[int], at: datetime) -> None:
    """Offers that never reached a payment page end after a while; an open payment ends them otherwise."""
    overdue = sa.select(Checkout).where(Checkout.id.in_(checkout_ids)).order_by(Checkout.id).with_for_update()
    for checkout in db.session.scalars(overdue).all():
        if attempts.open_attempt_of(checkout.id) is None:
            expire(checkout, at=at)


def unpaid_of(buyer_id: int) -> list[Checkout]:
    """Checkouts of a buyer whose payment page may still stand open, newest first."""
    return list(
        db.session.scalars(
            sa.select(Checkout)
            .where(Checkout.buyer_id == buyer_id, Checkout.state == CheckoutState.OPEN)
            .order_by(Checkout.id.desc())
        )
    )
