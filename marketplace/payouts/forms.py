"""In which forms a payout may be made, what each is worth, and by when it is promised: all of it policy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.money import Money
from marketplace.payouts.models import FormNotOpen, Payout, PayoutForm, PayoutPreference, PayoutReason
from marketplace.programme import Policy, versions
from marketplace.programme.policy.payout import FormTerms


@dataclass(frozen=True)
class FormOffer:
    """One form a payout may take: what it would come to in it, and by when."""

    form: PayoutForm
    amount: Money
    bonus: Money
    promised_by: datetime
    is_chosen: bool

    @property
    def total(self) -> Money:
        return self.amount + self.bonus


def terms(terms_id: int | None) -> Policy:
    """The policy that promised a payout (GAP-18); today's where none is named."""
    return versions.published(terms_id).policy if terms_id is not None else versions.current().policy


def forms_for(policy: Policy, reason: PayoutReason) -> tuple[FormTerms, ...]:
    """What the policy says of each form for such a payout: a piece we buy may be paid otherwise (NAP-03)."""
    own = policy.modes.buyback.forms if reason is PayoutReason.BUYBACK else ()
    return own or policy.payout.forms


def open_forms(policy: Policy, reason: PayoutReason = PayoutReason.SALE) -> list[PayoutForm]:
    """The forms this programme pays in, the first one unless another is chosen."""
    return [PayoutForm(one.form) for one in forms_for(policy, reason)]


def first_open(policy: Policy, reason: PayoutReason, *wanted: PayoutForm | None) -> PayoutForm:
    """The first of ``wanted`` that the policy pays in; its own first where it pays in none of them."""
    open_now = open_forms(policy, reason)
    return next((form for form in wanted if form in open_now), open_now[0])


def of_form(policy: Policy, form: PayoutForm, reason: PayoutReason = PayoutReason.SALE) -> FormTerms:
    """What the policy says of a form; raises ``FormNotOpen``."""
    found = next((one for one in forms_for(policy, reason) if one.form == form.value), None)
    if found is None:
        raise FormNotOpen()
    return found


def bonus(policy: Policy, form: PayoutForm, amount: Money, reason: PayoutReason = PayoutReason.SALE) -> Money:
    """What is given on top of the net payout in this form, half up, once (GAP-13; NAP-02, BAL-07)."""
    return amount.share(of_form(policy, form, reason).bonus_basis_points)


def bonus_of(payout: Payout) -> Money:
    """What is given on top of a payout in the form it has."""
    return bonus(terms(payout.terms_id), payout.form, payout.amount, payout.reason)


def on_top(payout: Payout) -> Money:
    """The same as its owner reads it later; nothing in a form that its terms do not pay in."""
    is_open = payout.form in open_forms(terms(payout.terms_id), payout.reason)
    return bonus_of(payout) if is_open else Money.zero(payout.currency)


def promised_by(policy: Policy, form: PayoutForm, at: datetime, reason: PayoutReason = PayoutReason.SALE) -> datetime:
    """The last second of the day by which what is due at ``at`` is promised in this form (NAP-38, LUX-68)."""
    days = of_form(policy, form, reason).promised_business_days
    return versions.current().calendar.end_of_business_day_after(at, days)


def promised_anew(payout: Payout, form: PayoutForm, *, at: datetime) -> datetime:
    """The promise of a form that is chosen at ``at``: another than it has counts from then, where it was due before."""
    since = payout.due_at if form is payout.form else max(payout.due_at, at)
    return promised_by(terms(payout.terms_id), form, since, payout.reason)


def offers(payout: Payout, *, at: datetime) -> list[FormOffer]:
    """Every form this payout may take, as it would come out: what the page shows is what is paid."""
    policy = terms(payout.terms_id)
    return [
        FormOffer(
            form,
            payout.amount,
            bonus(policy, form, payout.amount, payout.reason),
            promised_anew(payout, form, at=at),
            form is payout.form,
        )
        for form in open_forms(policy, payout.reason)
    ]


def preferences(person_ids: Collection[int]) -> dict[int, PayoutForm]:
    """How those of these people want to be paid who have said so. Nothing is asked where there is nothing to choose."""
    if len(versions.current().policy.payout.forms) < 2:
        return {}
    said = sa.select(PayoutPreference.person_id, PayoutPreference.form).where(
        PayoutPreference.person_id.in_(person_ids)
    )
    return {row.person_id: row.form for row in db.session.execute(said)}
