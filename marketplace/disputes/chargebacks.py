"""A bank's case about a payment: what it stops, what its money does to the books, and what follows once it is lost.

While a bank looks into a payment nothing of its orders is shipped, paid out or refunded. Inquiries move no money. What
is withdrawn is posted to chargebacks and what is given back reverses that; nobody is refunded twice (fault B18).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.custody.models import FeeBill
from marketplace.database import db
from marketplace.disputes import banks_deadlines, closing
from marketplace.disputes.facts import BankNews, BankWrote
from marketplace.disputes.locking import case_of
from marketplace.disputes.permissions import OwnCase
from marketplace.events import PROVIDER, HasActor
from marketplace.jobs.alarms import AlarmKind, clear_alarms, raise_alarm
from marketplace.ledger import Account, Line, Posting, balance, post
from marketplace.money import Money
from marketplace.orders import resuming, settling
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payments import refunds
from marketplace.payments.chargeback_models import ENDED_WELL, Chargeback, ChargebackState
from marketplace.payments.facts import ChargebackOpened, ChargebackReported, RefundFailed
from marketplace.payments.models import PaymentAttempt, Refund
from marketplace.payouts import stopping
from marketplace.people.models import Person


def orders_of(chargeback: Chargeback, *, lock: bool = False) -> Sequence[Order]:
    """The paid orders of the payment, by id; locked in that order where they are to be moved."""
    attempt = db.session.get_one(PaymentAttempt, chargeback.attempt_id)
    paid = sa.select(Order).where(Order.checkout_id == attempt.checkout_id, Order.paid_at.is_not(None))
    query = paid.order_by(Order.id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def fee_of(chargeback: Chargeback) -> FeeBill | None:
    """The fee that the payment was for, where it was for no order."""
    attempt = db.session.get_one(PaymentAttempt, chargeback.attempt_id)
    return db.session.get(FeeBill, attempt.fee_bill_id) if attempt.fee_bill_id is not None else None


def titles_of(chargebacks: Sequence[Chargeback]) -> dict[int, str]:
    """What each of these payments was for, in one question."""
    rows = db.session.execute(
        sa.select(Chargeback.id, Order.as_sold["title"].as_string())
        .join(PaymentAttempt, PaymentAttempt.id == Chargeback.attempt_id)
        .join(Order, Order.checkout_id == PaymentAttempt.checkout_id)
        .where(Chargeback.id.in_([one.id for one in chargebacks]), Order.paid_at.is_not(None))
        .order_by(Order.id)
    )
    titles: dict[int, list[str]] = {one.id: [] for one in chargebacks}
    fees = db.session.execute(
        sa.select(Chargeback.id, FeeBill.number)
        .join(PaymentAttempt, PaymentAttempt.id == Chargeback.attempt_id)
        .join(FeeBill, FeeBill.id == PaymentAttempt.fee_bill_id)
        .where(Chargeback.id.in_(list(titles)))
    )
    for chargeback_id, number in fees:
        titles[chargeback_id].append(number)
    for chargeback_id, title in rows:
        titles[chargeback_id].append(title)
    return {chargeback_id: ", ".join(named) for chargeback_id, named in titles.items()}


def is_party(chargeback: Chargeback, person: Person) -> bool:
    """Whether this person bought or sold any of it, or paid the fee: then a colleague acts (fault P06)."""
    if (bill := fee_of(chargeback)) is not None:
        return person.id == bill.owner_id
    return any(person.id in (order.buyer_id, order.seller_id) for order in orders_of(chargeback))


# What the bank says --------------------------------------------------------------------------------------------------


def opened(fact: ChargebackOpened) -> None:
    """Stop what has not been paid out, and every order of the payment where it stands."""
    chargeback = db.session.get_one(Chargeback, fact.chargeback_id)
    for order in orders_of(chargeback, lock=True):
        stop(order, at=fact.at)
    raise_alarm(AlarmKind.CHARGEBACK, chargeback, at=fact.at)
    events.announce(BankWrote(chargeback.id, BankNews.OPENED, fact.at))


def stop(order: Order, *, at: datetime) -> None:
    """Keep an order where it is, and its payout with us."""
    if Order.machine.allows(order.state, "contest"):
        settling.contest_by_bank(order, at=at)
    stopping.stop(order.id, by=PROVIDER, at=at)


def reported(fact: ChargebackReported) -> None:
    """Follow the money, then the bank's decision; twice the same changes nothing."""
    chargeback = db.session.get_one(Chargeback, fact.chargeback_id)
    _post(chargeback, fact.withdrawn_minor - chargeback.withdrawn_minor, fact.fee_minor - chargeback.fee_minor, fact.at)
    chargeback.withdrawn_minor, chargeback.fee_minor = fact.withdrawn_minor, fact.fee_minor
    if chargeback.state in ENDED_WELL and chargeback.ended_at is None:
        _let_go(chargeback, fact.at)
    elif not chargeback.is_over:
        chargeback.ended_at = None  # an inquiry that had been closed is a chargeback now
        banks_deadlines.wait(chargeback, at=fact.at)


def _post(chargeback: Chargeback, withdrawn: int, fee: int, at: datetime) -> None:
    """Dr chargebacks and provider fees, Cr clearing, an order its share of the amount; the reverse where it is back."""
    if not withdrawn and not fee:
        return
    said = {"minor": withdrawn, "fee_minor": fee}
    cause = events.record(chargeback, "follow_money", by=PROVIDER, at=at, **said)
    orders = orders_of(chargeback)
    currency = chargeback.currency
    shares = Money(abs(withdrawn), currency).split([order.by_card.minor for order in orders]) if orders else []
    lines = []
    for order, share in zip(orders, shares, strict=True):
        amount = share if withdrawn > 0 else -share
        lines.append(Line(Account.CHARGEBACKS, amount, order_id=order.id))
        lines.append(Line(Account.CLEARING, -amount, order_id=order.id))
    if not orders:  # it paid a fee
        lines += [
            Line(Account.CHARGEBACKS, Money(withdrawn, currency)),
            Line(Account.CLEARING, Money(-withdrawn, currency)),
        ]
    lines.append(Line(Account.PROVIDER_FEES, Money(fee, currency)))
    lines.append(Line(Account.CLEARING, Money(-fee, currency)))
    kind = "chargeback_funds"
    post(Posting(kind, chargeback, cause, at, chargeback.number, tuple(lines), part=str(cause.id)))


def _let_go(chargeback: Chargeback, at: datetime) -> None:
    """The bank decided for the shop, or asked no further: everything goes on from where it stood."""
    banks_deadlines.wait_no_more(chargeback, at=at)
    for order in orders_of(chargeback, lock=True):
        case = case_of(order.id)
        if case is not None:
            closing.refund_what_waited(case, by=PROVIDER, at=at)
        elif settling.is_contested_by_bank(order):
            resuming.resume(order, by=PROVIDER, at=at)
        stopping.go_on(order.id, by=PROVIDER, at=at)
        for refund in refunds.failed_of(order.id):
            if refund.ended_at is not None and refund.ended_at >= chargeback.opened_at:  # the bank was in its way
                refunds.send_again(refund, at=at)
                clear_alarms(AlarmKind.REFUND_FAILED, refund, by=PROVIDER, at=at, reason=chargeback.state.value)
    clear_alarms(AlarmKind.CHARGEBACK, chargeback, by=PROVIDER, at=at, reason=chargeback.state.value)
    events.announce(BankWrote(chargeback.id, BankNews.LET_GO, at))


# Once it is lost -----------------------------------------------------------------------------------------------------


def takes_everything(chargeback: Chargeback) -> bool:
    """Whether the bank took all that was left of the payment by card: then no sale stands on it."""
    left = sum(
        (order.by_card - order.refunded_to_card).minor for order in orders_of(chargeback) if _is_unsettled(order)
    )
    return chargeback.withdrawn_minor >= left


def _is_unsettled(order: Order) -> bool:
    return order.state is OrderState.DISPUTED


def conclude(chargeback: Chargeback, *, pays_seller: bool, words: str, by: Person, at: datetime) -> None:
    """The bank gave the buyer the money back: say whether the seller is paid all the same, out of our pocket.

    A piece that was never sent stays with its seller, who is not paid. Raises ``OwnCase``, and ``CannotConclude``
    unless the bank has decided for the buyer.
    """
    if is_party(chargeback, by):
        raise OwnCase()
    orders = orders_of(chargeback, lock=True)
    covers = takes_everything(chargeback)
    sets = {"seller_is_paid": pays_seller, "words": words}
    events.transition(chargeback, "conclude", by=by, at=at, sets=sets, pays_seller=pays_seller)
    banks_deadlines.wait_no_more(chargeback, at=at)
    for order in orders:
        _end(order, pays_seller=pays_seller, covers=covers, by=by, at=at)
        _cover_refunds(chargeback, order, by=by, at=at)
    clear_alarms(AlarmKind.CHARGEBACK, chargeback, by=by, at=at, reason=chargeback.state.value)
    events.announce(BankWrote(chargeback.id, BankNews.PAID if pays_seller else BankNews.NOT_PAID, at))


def _end(order: Order, *, pays_seller: bool, covers: bool, by: HasActor, at: datetime) -> None:
    if _is_unsettled(order) and covers:
        closing.end_with_bank(order, pays_seller=pays_seller, by=by, at=at)
    elif settling.is_contested_by_bank(order):
        resuming.resume(order, by=by, at=at)  # a part was taken: the sale stands for the rest
    elif pays_seller:
        stopping.go_on(order.id, by=by, at=at)
    else:
        stopping.forgo(order.id, by=by, at=at)


def _cover_refunds(chargeback: Chargeback, order: Order, *, by: HasActor, at: datetime) -> None:
    """What we owed back and could not send, the bank has given: Dr refund payable, Cr chargebacks (fault B18)."""
    of, currency = {"order_id": order.id}, order.currency
    owed = -balance(Account.REFUND_PAYABLE, currency, **of) - Money(refunds.on_their_way(order.id), currency)
    given = min(owed, balance(Account.CHARGEBACKS, currency, **of))
    if given <= Money.zero(currency):
        return
    cause = events.record(chargeback, "cover_refund", by=by, at=at, order_id=order.id, minor=given.minor)
    lines = (
        Line(Account.REFUND_PAYABLE, given, order_id=order.id),
        Line(Account.CHARGEBACKS, -given, order_id=order.id),
    )
    post(Posting("bank_refunded", chargeback, cause, at, chargeback.number, lines, part=str(cause.id)))
    for refund in refunds.failed_of(order.id):
        clear_alarms(AlarmKind.REFUND_FAILED, refund, by=by, at=at, reason=chargeback.state.value)


def refund_failed(fact: RefundFailed) -> None:
    """A refund found out only now that a bank had given the money, which has been concluded already."""
    refund = db.session.get_one(Refund, fact.refund_id)
    concluded = sa.select(Chargeback).filter_by(attempt_id=refund.attempt_id, state=ChargebackState.CONCLUDED)
    for chargeback in db.session.scalars(concluded.order_by(Chargeback.id)):
        for order in orders_of(chargeback):
            if order.id == refund.order_id:
                _cover_refunds(chargeback, order, by=PROVIDER, at=fact.at)


def can_conclude(chargeback: Chargeback, person: Person) -> bool:
    return chargeback.state is ChargebackState.LOST and not is_party(chargeback, person)
