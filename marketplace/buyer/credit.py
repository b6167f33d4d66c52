"""``/account/credit``: the gift cards a member was paid with, where they spend, and what to do about a lost one."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from marketplace.credits.statements import statements
from marketplace.payouts.paying import payouts_kept_elsewhere, payouts_on_their_way
from marketplace.permissions import signed_in, the_person
from marketplace.programme import versions

bp = Blueprint("credit", __name__)


@bp.get("/account/credit")
@signed_in
def credit() -> ResponseReturnValue:
    """Own cards with their last four and balance, and what is on its way (MK-44, MK-45, MK-66)."""
    person, policy = the_person(), versions.current().policy
    return render_template(
        "buyer/credit.html",
        statements=statements(person),
        coming=payouts_on_their_way(person),
        elsewhere=payouts_kept_elsewhere(person),
        policy=policy,
        card=policy.payout.gift_card,
    )
