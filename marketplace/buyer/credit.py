"""``/account/credit``: gift cards and store credit: what they hold, where they spend, when credit ends."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.credits import history, store_credit
from marketplace.credits.statements import statements
from marketplace.payouts.paying import payouts_kept_elsewhere, payouts_on_their_way
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.permissions import signed_in, the_person
from marketplace.programme import versions

bp = Blueprint("credit", __name__)


@bp.get("/account/credit")
@signed_in
def credit() -> ResponseReturnValue:
    """Own cards and credit with their balances, and what is on its way (MK-44, MK-45, MK-66, NAP-43, NAP-45)."""
    person, policy = the_person(), versions.current().policy
    at, held = clock.now(), store_credit.credits_of(person)
    return render_template(
        "buyer/credit.html",
        statements=statements(person),
        coming=payouts_on_their_way(person),
        elsewhere=payouts_kept_elsewhere(person),
        credit_left=store_credit.balance_of(person.id, policy.market.currency, at=at),
        credits=history.movements(person),
        held=held,
        left=store_credit.balances(held),
        has_cards=policy.payout.pays_in("gift_card"),
        has_credit=policy.payout.pays_in("store_credit") or bool(held),
        form_words=PAYOUT_FORMS,
        policy=policy,
        card=policy.payout.gift_card,
    )
