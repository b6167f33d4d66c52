"""Paying people: this person, this amount, for this reason; owed once, and paid once in the form that was chosen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.many_rows import among, insert_all
from marketplace.money import Money
from marketplace.payouts import forms, leaving
from marketplace.payouts.models import CannotPayOut, Payout, PayoutForm, PayoutHold, PayoutReason, PayoutState
from marketplace.people.models import Person


@dataclass(frozen=True)
class PayoutOwed:
    """What one person is owed for one thing, under the number people see.

    ``terms_id`` names the version of the policy that promised it (today's where it is left out); ``form`` the form
    that was agreed on with the price, such as a quote's: else it is what the person prefers, or the policy's first.
    """

    order_id: int | None
    reference: str
    seller_id: int
    amount: Money
    is_stopped: bool = False  # a bank has the buyer's payment in its hands: the payout waits
    terms_id: int | None = None
    reason: PayoutReason = PayoutReason.SALE
    form: PayoutForm | None = None


def owe_payout(
    *, order_id: int | None, reference: str, seller_id: int, amount: Money, at: datetime, **more: object
) -> Payout:
    """Write down what one person is owed. What has a payout already is refused by the database."""
    return owe_payouts([PayoutOwed(order_id, reference, seller_id, amount, **more)], at=at)[0]  # type: ignore[arg-type]


def owe_payouts(owed: Sequence[PayoutOwed], *, at: datetime) -> list[Payout]:
    """The same for many at once, in few statements; the payouts come back in the order given.

    The caller has credited seller payable already. What nothing keeps back leaves in its form: at once, or after the
    days in which the form may be chosen. What the desk holds waits for its release.
    """
    if not owed:
        return []
    held = _held({share.order_id for share in owed if share.order_id is not None})
    preferred = forms.preferences({share.seller_id for share in owed})
    rows = [_row(share, at, held, preferred) for share in owed]
    payouts: list[Payout] = insert_all(Payout, rows, returning=Payout)
    settled = [share.form is not None or share.seller_id in preferred for share in owed]
    due = [(one, is_chosen) for one, is_chosen in zip(payouts, settled, strict=True) if one.state is PayoutState.DUE]
    leaving.begin([one for one, _is_chosen in due], chosen={one.id for one, is_chosen in due if is_chosen}, at=at)
    return payouts


def _held(order_ids: Collection[int]) -> set[int]:
    """Those of these orders whose payout the desk keeps back."""
    standing = sa.select(PayoutHold.order_id).where(
        PayoutHold.released_at.is_(None), among(PayoutHold.order_id, list(order_ids))
    )
    return set(db.session.scalars(standing))


def _row(share: PayoutOwed, at: datetime, held: Collection[int], preferred: dict[int, PayoutForm]) -> dict[str, object]:
    terms = forms.terms(share.terms_id)
    form = forms.first_open(terms, share.reason, share.form, preferred.get(share.seller_id))
    return {
        "order_id": share.order_id,
        "reference": share.reference,
        "reason": share.reason,
        "terms_id": share.terms_id,
        "seller_id": share.seller_id,
        "form": form,
        "state": _first_state(share, held),
        "amount_minor": share.amount.minor,
        "currency": share.amount.currency,
        "due_at": at,
        "promised_by": forms.promised_by(terms, form, at, share.reason),
    }


def _first_state(share: PayoutOwed, held: Collection[int]) -> PayoutState:
    if share.is_stopped:
        return PayoutState.STOPPED
    return PayoutState.HELD if share.order_id in held else PayoutState.DUE


def issue_again(payout: Payout, *, at: datetime) -> None:
    """Try a refused payout once more, in the form it has now. Raises ``CannotPayOut`` where it is not refused."""
    if payout.state is not PayoutState.REFUSED:
        raise CannotPayOut()
    leaving.leave(payout, at=at)


def payout_of(order_id: int) -> Payout | None:
    """What the seller of an order is or was owed; None where the order owes nothing yet."""
    return db.session.scalar(sa.select(Payout).where(Payout.order_id == order_id))


def payouts_to(seller: Person) -> list[Payout]:
    """Everything a person was, is or will be paid, newest first."""
    return list(db.session.scalars(sa.select(Payout).where(Payout.seller_id == seller.id).order_by(Payout.id.desc())))


def payouts_on_their_way(seller: Person) -> list[Payout]:
    """What a seller is owed and has not been handed yet, newest first; one the desk looks into is still on its way."""
    waiting = (PayoutState.HELD, PayoutState.DUE, PayoutState.REFUSED, PayoutState.STOPPED)
    query = sa.select(Payout).where(Payout.seller_id == seller.id, Payout.state.in_(waiting))
    return list(db.session.scalars(query.order_by(Payout.id.desc())))


def payouts_kept_elsewhere(seller: Person) -> list[Payout]:
    """What a seller was paid with cards of another house, newest first: it alone knows what they still hold."""
    ours = sa.select(GiftCard.id).where(GiftCard.number == Payout.gift_card_number)
    query = sa.select(Payout).where(Payout.seller_id == seller.id, Payout.gift_card_number.is_not(None), ~ours.exists())
    return list(db.session.scalars(query.order_by(Payout.id.desc())))
