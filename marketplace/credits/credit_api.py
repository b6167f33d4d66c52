"""The store-credit API for the brand's own shops: ``/api/v1/store-credit``; ``openapi.json`` describes it.

The shop that asks has signed its customer in and vouches for who it is (NAP-39): credit is bound to a person, and no
code of it exists that could be passed on (NAP-44). Everything else is as with gift cards.
"""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.credits import answers, spending, store_credit, tokens
from marketplace.credits.answers import Answer
from marketplace.credits.api import guessing, once, refused, say, token_sent
from marketplace.credits.models import ApiToken, Scope
from marketplace.credits.requests import Body, LookupCredit, RedeemCredit, keep_small, read_body
from marketplace.errors import Refusal
from marketplace.money import Money
from marketplace.people.models import Person
from marketplace.permissions import machine
from marketplace.programme import current

bp = Blueprint("store_credit_api", __name__, url_prefix="/api/v1/store-credit")
bp.register_error_handler(Refusal, refused)
bp.url_value_preprocessor(keep_small)


def _caller() -> ApiToken:
    return tokens.bearer(token_sent(), Scope.STORE_CREDIT)


def _holder(email: str) -> tuple[Person, Money]:
    """Whose credit it is and what is left of it; no credit and nobody of that address are one answer (fault G04)."""
    currency = current().policy.market.currency
    person = store_credit.holder_by_email(email)
    left = store_credit.balance_of(person.id, currency, at=clock.now()) if person else Money.zero(currency)
    if person is None or not left:
        raise spending.NoCredit()
    return person, left


@bp.post("/lookup")
@machine
@guessing
def look_up() -> ResponseReturnValue:
    """What a customer may spend. Changes nothing, so it needs no key."""
    _caller()
    _person, left = _holder(read_body(LookupCredit).email)
    return say(Answer(200, {"balance": left.minor, "currency": left.currency}))


@bp.post("/redemptions")
@machine
@guessing
def redeem() -> ResponseReturnValue:
    """Spend a customer's credit, in part or in full, never more than there is."""
    token, wanted = _caller(), read_body(RedeemCredit)
    amount = Money(wanted.amount, wanted.currency)

    def act() -> Answer:
        person, left = _holder(wanted.email)
        if amount.currency != left.currency:
            raise spending.WrongCurrency()
        spent = spending.redeem_credit(
            holder=person, amount=amount, reference=wanted.reference, token=token, at=clock.now()
        )
        return Answer(201, answers.credit_redemption(spent, at=clock.now()))

    return once(token, wanted, act)


@bp.post("/redemptions/<number>/reversal")
@machine
@guessing
def reverse(number: str) -> ResponseReturnValue:
    """Give a redemption of this caller's back to its customer's credit, once."""
    token, nothing = _caller(), read_body(Body)

    def act() -> Answer:
        spent = spending.reverse(number=number, token=token, at=clock.now())
        return Answer(200, answers.credit_redemption(spent, at=clock.now()))

    return once(token, nothing, act)
