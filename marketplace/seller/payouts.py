"""``/sell/payouts``: what a member was and will be paid, in which form, and by when it is promised."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.money import format_money
from marketplace.orders.models import Order
from marketplace.payouts import accounts, choosing, coming_back, debts, forms, gates
from marketplace.payouts.cash import carrier
from marketplace.payouts.gates import Step
from marketplace.payouts.models import Debt, Payout, PayoutForm
from marketplace.payouts.paying import payouts_to
from marketplace.payouts.words import PAYOUT_FORMS, PAYOUT_REASONS, PAYOUT_STATES, PAYOUT_TONES, STEPS
from marketplace.people.models import Person
from marketplace.permissions import member, the_person
from marketplace.programme import versions

bp = Blueprint("payouts", __name__)


# What the page on the bank details, or the carrier's own, is missing: the list of steps leads there already.
_AT_THE_ACCOUNT = {Step.ONLINE_ACCOUNT, Step.BANK_ACCOUNT, Step.NEW_ACCOUNT}


def _form_sent() -> PayoutForm:
    """The form that was pressed; what is none is not there."""
    try:
        return PayoutForm(request.form.get("form", ""))
    except ValueError:
        raise NotFound() from None


def _own(reference: str) -> Payout:
    payout = db.session.scalar(
        sa.select(Payout).where(Payout.reference == reference, Payout.seller_id == the_person().id)
    )
    if payout is None:
        raise NotFound()
    return payout


@bp.get("/sell/payouts")
@member
def payouts() -> ResponseReturnValue:
    """Every payout, newest first; those whose form may still be chosen with what each would come to."""
    person, policy, at = the_person(), versions.current().policy, clock.now()
    mine = payouts_to(person)
    missing = gates.missing(person.id, at=at) if policy.payout.pays_in("cash") else []
    return render_template(
        "seller/payouts.html",
        payouts=mine,
        came_back=coming_back.came_back(mine),
        now=at,
        choices=[(payout, forms.offers(payout, at=at)) for payout in mine if choosing.can_choose(payout)],
        bonuses={payout.id: forms.on_top(payout) for payout in mine},
        missing=missing,
        leads_to_account=not _AT_THE_ACCOUNT.isdisjoint(missing),
        step_words=STEPS,
        account=accounts.account_of(person.id),
        hosted=carrier().hosts_accounts,
        open_forms=[(form, forms.of_form(policy, form)) for form in forms.open_forms(policy)],
        preferred=choosing.preference_of(person) or forms.open_forms(policy)[0],
        debts=[(_("For %(number)s", number=number), format_money(debt.open)) for debt, number in _owed(person)],
        policy=policy,
        form_words=PAYOUT_FORMS,
        state_words=PAYOUT_STATES,
        tones=PAYOUT_TONES,
        reason_words=PAYOUT_REASONS,
    )


def _owed(person: Person) -> list[tuple[Debt, str]]:
    """What somebody owes, with the number of the order it is for."""
    owed = debts.owed_by(person)
    rows = db.session.execute(sa.select(Order.id, Order.number).where(Order.id.in_([debt.order_id for debt in owed])))
    numbers = {row.id: row.number for row in rows}
    return [(debt, numbers[debt.order_id]) for debt in owed]


@bp.post("/sell/payouts/<reference>/form")
@member
def choose(reference: str) -> ResponseReturnValue:
    """Be paid this in another form: now where it is due."""
    payout = _own(reference)
    choosing.choose(payout, _form_sent(), by=the_person(), at=clock.now())
    flash(_("%(number)s is paid as: %(form)s.", number=reference, form=PAYOUT_FORMS[payout.form]), "ok")
    return redirect(url_for("payouts.payouts"), 303)


@bp.post("/sell/payouts/preference")
@member
def prefer() -> ResponseReturnValue:
    """Be paid in this form from now on."""
    form = _form_sent()
    choosing.prefer(the_person(), form, at=clock.now())
    flash(_("From now on you are paid as: %(form)s.", form=PAYOUT_FORMS[form]), "ok")
    return redirect(url_for("payouts.payouts"), 303)
