"""The quote: what the model says, what the desk makes of it, and its owner's answer."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.buybacks import pricing, terms
from marketplace.buybacks.facts import BuybackReadyToCome
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.moving import locked, move
from marketplace.buybacks.pricing import Estimate
from marketplace.buybacks.states import BuybackState
from marketplace.custody.arranging import Arrangement, agreed, ask_for_label
from marketplace.custody.examining import check_reason, end_draft
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.jobs import deadlines
from marketplace.money import Money, format_money
from marketplace.payouts.models import FormNotOpen, PayoutForm
from marketplace.people.models import Person
from marketplace.programme import Policy, versions

LABEL_LATE = "buyback_label_late"  # deadline: the label is promised within hours


class NeedsReason(Refusal):
    message = _l("Say why this is not the price the model proposes.")
    status = 422


class PriceNotPossible(Refusal):
    """An amount that no piece is bought at, or that is not above ours where it has to be."""

    status = 422


class NoMoreWishes(Refusal):
    message = _l("What you had hoped for can be said once, and it was.")


class ConsignedHere(Refusal):
    message = _l("This quote is for a piece that we are selling for you: sell it to us from its own page.")


def proposal(buyback: Buyback, *, at: datetime) -> Estimate:
    """What the model would pay for the piece as its owner describes it, by the terms it was asked under."""
    return estimate_of(buyback, terms.of_owner(buyback), at=at)


def estimate_of(buyback: Buyback, policy: Policy, *, at: datetime) -> Estimate:
    """The same under any policy."""
    return pricing.estimate(
        policy,
        house=buyback.house,
        category=buyback.category,
        grade=buyback.grade,
        retail=buyback.retail,
        includes=buyback.includes,
        at=at,
    )


def check_amount(amount: Money, policy: Policy) -> None:
    """Raise ``PriceNotPossible`` for what no piece is bought at."""
    most = Money(policy.price.max_minor, amount.currency)
    if not 0 < amount.minor <= most.minor:
        raise PriceNotPossible(
            _("Name an amount above nothing and up to %(most)s.", most=format_money(most, whole=True))
        )


# The desk ------------------------------------------------------------------------------------------------------------


def quote(buyback: Buyback, price: Money | None = None, *, reason: str = "", by: HasActor, at: datetime) -> None:
    """Make the quote: at the model's price, or at another with the reason its owner reads (NAP-31, LUX-59).

    Raises ``CannotQuote``, ``NeedsReason`` or ``PriceNotPossible``.
    """
    buyback = locked(buyback)
    made = proposal(buyback, at=at)
    price = made.price if price is None else price
    check_amount(price, terms.of_owner(buyback))
    if price != made.price and not reason.strip():
        raise NeedsReason()
    sets = {"model_minor": made.price.minor, "quoted_minor": price.minor, "factors": made.rows}
    move(buyback, "quote", by=by, at=at, quote_reason=reason.strip() if price != made.price else "", **sets)


def decline(buyback: Buyback, reason: str, *, by: Person, at: datetime) -> None:
    """We make no quote, and say why. Raises ``CannotQuote`` or ``NoSuchReason``."""
    buyback = locked(buyback)
    check_reason(reason, terms.of_owner(buyback))
    move(buyback, "decline", by=by, at=at, decline_reason=reason)
    end_draft(buyback.listing, by=by, at=at)


def answer(buyback: Buyback, price: Money, *, by: Person, at: datetime) -> None:
    """Answer what its owner had hoped for, once: ours again, or more; the quote's days begin anew.

    Raises ``CannotAnswerHope`` or ``PriceNotPossible``.
    """
    buyback = locked(buyback)
    buyback.machine.next_state(buyback.state, "answer")
    check_amount(price, terms.of_owner(buyback))
    if buyback.quoted is not None and price < buyback.quoted:
        ours = format_money(buyback.quoted, whole=True)
        raise PriceNotPossible(_("A quote is not lowered: name %(ours)s or more.", ours=ours))
    move(buyback, "answer", by=by, at=at, quoted_minor=price.minor)


# Its owner -----------------------------------------------------------------------------------------------------------


def can_hope(buyback: Buyback) -> bool:
    """Whether she may still say what she had hoped for: once, where the policy lets her (LUX-60)."""
    is_offered = buyback.state is BuybackState.QUOTED and buyback.consigned_piece_id is None
    return is_offered and buyback.wished_minor is None and terms.rules(buyback).wishes


def hope(buyback: Buyback, price: Money, *, by: Person, at: datetime) -> None:
    """Say what she had hoped for; the desk answers once.

    Raises ``CannotAnswerQuote``, ``NoMoreWishes`` or ``PriceNotPossible``.
    """
    buyback = locked(buyback)
    buyback.machine.next_state(buyback.state, "hope")
    if not can_hope(buyback):
        raise NoMoreWishes()
    check_amount(price, terms.of_owner(buyback))
    if buyback.quoted is not None and price <= buyback.quoted:
        raise PriceNotPossible(_("Name more than our quote, or accept it."))
    move(buyback, "hope", by=by, at=at, wished_minor=price.minor)


def accept(buyback: Buyback, form: PayoutForm, comes: Arrangement, *, by: Person, at: datetime) -> None:
    """Take the quote, to be paid in this form; its label is on its way, unless the piece is brought to us.

    Raises ``CannotAnswerQuote``, ``FormNotOpen``, ``ConsignedHere`` or ``CannotArrange``.
    """
    buyback = locked(buyback)
    policy, rule = terms.of_owner(buyback), terms.rules(buyback)
    buyback.machine.next_state(buyback.state, "accept")
    if buyback.consigned_piece_id is not None:
        raise ConsignedHere()
    if form not in terms.open_forms(policy):
        raise FormNotOpen()
    today = versions.current().policy
    move(buyback, "accept", by=by, at=at, form=form, **agreed(today, comes, at))
    if ask_for_label(buyback.number, buyback, today, at=at):
        deadlines.set_deadline(LABEL_LATE, buyback, at + timedelta(hours=rule.label_hours))
    else:
        events.announce(BuybackReadyToCome(buyback.id, at))


def refuse(buyback: Buyback, *, by: HasActor, at: datetime) -> None:
    """She does not take the quote. Raises ``CannotAnswerQuote``."""
    buyback = locked(buyback)
    move(buyback, "refuse", by=by, at=at)
    _end(buyback, by=by, at=at)


def lapse(buyback: Buyback, *, by: HasActor, at: datetime) -> None:
    """The quote's days are over, or those for sending the piece. Raises ``CannotLapse``."""
    move(buyback, "lapse", by=by, at=at)
    _end(buyback, by=by, at=at)


def _end(buyback: Buyback, *, by: HasActor, at: datetime) -> None:
    """The draft goes, unless it is that of a piece we sell for its owner."""
    if buyback.consigned_piece_id is None:
        end_draft(buyback.listing, by=by, at=at)
