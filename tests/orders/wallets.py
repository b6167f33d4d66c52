"""People with store credit, and what they buy with it at our own checkout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from marketplace import clock, events
from marketplace.credits import store_credit
from marketplace.credits.models import StoreCredit
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, Posting, balance, post
from marketplace.listings.models import Listing
from marketplace.money import Money
from marketplace.orders import checkouts
from marketplace.orders.models import Checkout, Order
from marketplace.orders.tax import TaxQuote
from marketplace.payments import attempts, sandbox
from marketplace.payments.gateway import gateway
from marketplace.payments.models import PaymentAttempt
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.programme.policies import changed
from tests.shipping.sales import SHIP_TO, VISA, sweep
from tests.shopping import live_listing

SPENDS_HERE = {
    "payout.forms": [{"form": "store_credit", "bonus_basis_points": 1_000}],
    "payout.store_credit.spends_at_checkout": True,
}
_numbers = count(1)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def credit_spends_here() -> None:
    """From now on store credit pays at the checkout."""
    with unit_of_work():
        versions.publish(changed(SPENDS_HERE), at=clock.now())


def a_holder(*amounts: int) -> Person:
    """A member with credits of these amounts, the first of which ends first."""
    holder = an_account()
    for days, minor in enumerate(amounts):
        give(holder, minor, ends_later=days)
    return holder


def give(holder: Person, minor: int, *, ends_later: int = 0) -> StoreCredit:
    with unit_of_work():
        return issue(holder.id, minor, ends_later=ends_later)


def issue(holder_id: int, minor: int, *, ends_later: int = 0) -> StoreCredit:
    """A credit as a payout makes one; ``ends_later`` in days than others of its day."""
    at, terms = clock.now(), versions.current().policy
    wanted = {"bonus": usd(0), "reference": f"T{next(_numbers)}", "terms": terms, "at": at}
    credit, lines = store_credit.issue(holder_id, usd(minor), **wanted)
    credit.expires_at += timedelta(days=ends_later)
    cause = events.record(credit, "issue", by=SYSTEM, at=at)
    post(Posting("issue", credit, cause, at, credit.number, (Line(Account.SELLER_PAYABLE, usd(minor)), *lines)))
    return credit


def left(holder: Person) -> int:
    """What a person may spend now, in minor units."""
    return store_credit.balance_of(holder.id, "USD", at=clock.now()).minor


def deposits() -> int:
    return -balance(Account.CUSTOMER_DEPOSITS, "USD").minor


def offer(buyer: Person, listings: Sequence[Listing] = (), *, uses_credit: bool = True) -> Checkout:
    """An offer, one piece of 245.00 unless others are named, at 20.00 of tax each."""
    pieces = list(listings) or [live_listing()]
    with unit_of_work():
        return checkouts.open_checkout(
            buyer=db.session.get_one(Person, buyer.id),
            listings=pieces,
            ship_to=SHIP_TO,
            quote=TaxQuote(tuple(usd(2_000) for _piece in pieces), {"adapter": "table"}),
            form_token=f"wallet-{next(_numbers)}",
            uses_credit=uses_credit,
            at=clock.now(),
        )


def start(checkout_id: int) -> PaymentAttempt | None:
    """Take the pieces and the credit."""
    with unit_of_work():
        mine = db.session.get_one(Checkout, checkout_id)
        return checkouts.start_payment(mine, return_url="/", by=mine.buyer, at=clock.now())


def open_page(attempt: PaymentAttempt) -> str:
    """Open the provider's page; returns its name for it."""
    page = gateway().open_page(attempt.request, attempt.key)
    with unit_of_work():
        attempts.record_page(attempt.id, page, at=clock.now())
    return page.session_ref


def pay(attempt: PaymentAttempt) -> None:
    """Pay what is left by card, and hear of it."""
    ref = open_page(attempt)
    with unit_of_work():
        assert sandbox.pay(ref, VISA) == "paid"
    hear(attempt, ref)


def hear(attempt: PaymentAttempt, ref: str) -> None:
    report = gateway().retrieve(ref)
    with unit_of_work():
        attempts.apply(db.session.get_one(PaymentAttempt, attempt.id), report, at=clock.now())
    db.session.expire_all()


def bought(buyer: Person, *listings: Listing) -> list[Order]:
    """The whole way: the credit first, a card for what it leaves."""
    checkout = offer(buyer, listings)
    attempt = start(checkout.id)
    if attempt is not None:
        pay(attempt)
    sweep()
    db.session.expire_all()
    return list(db.session.get_one(Checkout, checkout.id).orders)
