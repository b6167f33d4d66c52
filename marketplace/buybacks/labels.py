"""What the states of a buyback, the parties and the factors of a quote are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace.buybacks.pricing import Factor
from marketplace.buybacks.states import OVER, ActsNext, BuybackState, WayBack
from marketplace.money import Money, format_money
from marketplace.programme import Policy
from marketplace.programme.wording import days

_S = BuybackState

LABELS = {
    _S.SUBMITTED: _l("Quote asked for"),
    _S.QUOTED: _l("Quoted"),
    _S.HOPED: _l("A wish to answer"),
    _S.DECLINED: _l("No quote"),
    _S.REFUSED: _l("Quote refused"),
    _S.LAPSED: _l("Quote lapsed"),
    _S.ACCEPTED: _l("To be sent"),
    _S.INBOUND: _l("On its way to us"),
    _S.RECEIVED: _l("Arrived"),
    _S.INSPECTING: _l("With our experts"),
    _S.REVISED: _l("Quote revised"),
    _S.FAILED: _l("Quote revoked"),
    _S.CONFIRMED: _l("Agreed"),
    _S.BOUGHT: _l("Bought, to be paid"),
    _S.LOST: _l("Lost in our care"),
    _S.PAID: _l("Paid"),
    _S.UNPAID: _l("Payment came back"),
    _S.GOING_BACK: _l("Going back"),
    _S.RETURNED: _l("Sent back"),
    _S.WITHDRAWN: _l("Called off"),
}

TONES = {
    _S.QUOTED: "warn",
    _S.ACCEPTED: "warn",
    _S.REVISED: "warn",
    _S.FAILED: "bad",
    _S.LOST: "bad",
    _S.UNPAID: "bad",
    _S.BOUGHT: "ok",
    _S.PAID: "ok",
}

PARTIES = {
    ActsNext.OWNER: _l("Its owner"),
    ActsNext.DESK: _l("The desk"),
    ActsNext.CARRIER: _l("The carrier"),
}

# The same, as its owner reads it.
TURNS = {
    ActsNext.OWNER: _l("It is your turn"),
    ActsNext.DESK: _l("We act next"),
    ActsNext.CARRIER: _l("The carrier acts next"),
}

WAYS_BACK = {
    WayBack.COLLECT: _l("I collect it"),
    WayBack.COURIER: _l("Send it to me by courier"),
    WayBack.SENT: _l("We send it, free of charge"),
}

FACTORS = {
    "retail": _l("Price when new"),
    "condition": _l("Condition"),
    "sell_through": _l("How fast such pieces sell"),
    "demand": _l("Demand"),
    "completeness": _l("What belongs to it"),
    "rarity": _l("Rarity"),
    "share": _l("What we pay"),
}


def tone(state: BuybackState) -> str:
    """The tone of a state's tag."""
    return TONES.get(state, "plain")


def silence(state: BuybackState) -> str | None:
    """What happens where nobody acts in time; where the silent one is staff, a new date and nothing else."""
    owners = {
        _S.QUOTED: _("If you do not answer, the quote lapses."),
        _S.ACCEPTED: _("If it is not sent by then, the quote lapses and the label is void."),
        _S.INBOUND: _("If nothing moves until then, the piece counts as lost, and you are paid."),
        _S.REVISED: _("If you do not answer, we send the piece back to you, free of charge."),
        _S.FAILED: _("If you do not choose, it waits with us until you collect it."),
    }
    if state in owners:
        return str(owners[state])
    if state in OVER:
        return None
    return str(_("If we are late, we say so and name a new date. Nothing is decided by our silence."))


@dataclass(frozen=True)
class Said:
    """A factor as people read it; ``change`` in basis points of what the piece would bring, 0 where it has none."""

    label: str
    words: str
    change: int


def said(rows: Sequence[dict[str, Any]], policy: Policy) -> list[Said]:
    """The factors of a quote in words, in their order."""
    factors = [Factor.of(row) for row in rows]
    return [Said(str(FACTORS[one.key]), _words(one, policy), one.change) for one in factors]


def _words(factor: Factor, policy: Policy) -> str:
    facts = factor.facts
    if factor.key == "retail":
        return format_money(Money(facts["minor"], policy.market.currency), whole=True)
    if factor.key == "condition":
        brings = format_money(Money(facts["minor"], policy.market.currency), whole=True)
        grade = policy.condition.grade(facts["grade"]).label
        return str(_("%(grade)s: such a piece brings about %(price)s.", grade=grade, price=brings))
    if factor.key == "share":
        return str(
            _(
                "Of what it would bring we pay %(share)s%%, more or less by what is said above.",
                share=facts["share"] // 100,
            )
        )
    if factor.key == "demand":
        return str(
            ngettext(
                "%(num)s person keeps such a piece in mind.", "%(num)s people keep such pieces in mind.", facts["saves"]
            )
        )
    if factor.key == "completeness":
        missing = facts["missing"]
        if not missing:
            return str(_("Everything is there."))
        return str(ngettext("%(num)s thing is missing.", "%(num)s things are missing.", missing))
    return _of_offers(factor)


def _of_offers(factor: Factor) -> str:
    """What pieces of the same house and kind did here."""
    since, offered = days(factor.facts["days"]), factor.facts["offered"]
    if factor.key == "rarity":
        return str(
            ngettext(
                "%(num)s piece of this house and kind was offered here in the last %(days)s.",
                "%(num)s pieces of this house and kind were offered here in the last %(days)s.",
                offered,
                days=since,
            )
        )
    if not factor.change and offered < 1:
        return str(_("None of this house and kind has been offered here of late."))
    return str(
        _(
            "Offered of this house and kind in the last %(days)s: %(offered)s. Sold of these: %(sold)s.",
            offered=offered,
            days=since,
            sold=factor.facts["sold"],
        )
    )
