"""The gift-card API for the brand's tills and other shops: ``/api/v1/gift-cards``; ``openapi.json`` describes it.

A call proves itself by a bearer token, codes stand in bodies alone, amounts are whole minor units. Calls that move
money carry an ``Idempotency-Key`` and may be repeated as often as it takes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address

from marketplace import clock
from marketplace.credits import answers, cards, idempotency, issuing, spending, tokens
from marketplace.credits.answers import Answer
from marketplace.credits.models import ApiToken, GiftCard, Scope
from marketplace.credits.requests import (
    Body,
    Issue,
    Lookup,
    Redeem,
    keep_small,
    read_body,
    read_key,
    read_reference,
)
from marketplace.database import abandon, db
from marketplace.errors import Refusal
from marketplace.limits import limiter
from marketplace.money import Money
from marketplace.permissions import machine, public

bp = Blueprint("gift_card_api", __name__, url_prefix="/api/v1")
bp.url_value_preprocessor(keep_small)

View = TypeVar("View", bound=Callable[..., Any])
DOCUMENT = Path(__file__).with_name("openapi.json")


# Who asks, and how often they may be wrong ----------------------------------------------------------------------------


def _token_sent() -> str:
    return hashlib.sha256(request.headers.get("Authorization", "").encode()).hexdigest()


def _everybody() -> str:
    return "everybody"


def _missed(response: Response) -> bool:
    return response.status_code in {401, 404}


def guessing(view: View) -> View:
    """Bound the misses of one address, one token and everybody together, over all calls (fault G04).

    Hits are never counted.
    """
    limits = (("30 per 15 minutes", get_remote_address), ("120 per hour", _token_sent), ("2000 per hour", _everybody))
    limited: Any = view
    for rate, key in limits:
        limited = limiter.shared_limit(rate, scope="gift-card codes", key_func=key, deduct_when=_missed)(limited)
    return cast("View", limited)


def token_sent() -> str | None:
    """The header that proves who asks."""
    return request.headers.get("Authorization")


def _caller() -> ApiToken:
    return tokens.bearer(token_sent(), Scope.GIFT_CARDS)


@bp.errorhandler(Refusal)
def refused(refusal: Refusal) -> ResponseReturnValue:
    """Nothing was done, and why."""
    abandon()
    return say(answers.refused(refusal))


def say(answer: Answer) -> Response:
    """An answer as it is sent."""
    response = jsonify(answer.body | {"code": answer.code} if answer.code else answer.body)
    response.status_code = answer.status
    response.headers["Cache-Control"] = "no-store"
    if answer.status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


# Calls ---------------------------------------------------------------------------------------------------------------


def once(token: ApiToken, body: Body, act: Callable[[], Answer]) -> Response:
    """Act once for the call's key, and answer its repeats alike."""
    call = f"{request.method} {request.path}"
    return say(idempotency.once(token, read_key(), call=call, body=body, at=clock.now(), act=act))


@bp.post("/gift-cards")
@machine
@guessing
def issue() -> ResponseReturnValue:
    """A new card, one a reference; its code stands in this answer and its repeats alone."""
    token, wanted = _caller(), read_body(Issue)
    amount = Money(wanted.amount, wanted.currency)

    def act() -> Answer:
        return answers.issued(*issuing.issue_for(token, amount=amount, reference=wanted.reference, at=clock.now()))

    return once(token, wanted, act)


@bp.get("/gift-cards")
@machine
@guessing
def find() -> ResponseReturnValue:
    """The card this caller asked for under a reference: a list of one or none, never with a code."""
    card = issuing.card_for(_caller(), read_reference())
    return say(Answer(200, {"gift_cards": [answers.described(card, cards.balance_of(card))] if card else []}))


@bp.post("/gift-cards/lookup")
@machine
@guessing
def look_up() -> ResponseReturnValue:
    """What the card with this code still holds. Changes nothing, so it needs no key."""
    _caller()
    return say(Answer(200, answers.balance(*spending.usable_card(read_body(Lookup).code))))


@bp.post("/gift-cards/redemptions")
@machine
@guessing
def redeem() -> ResponseReturnValue:
    """Spend from the card with this code, in part or in full, never more than it holds."""
    token, wanted = _caller(), read_body(Redeem)
    amount = Money(wanted.amount, wanted.currency)

    def act() -> Answer:
        spent = spending.redeem(
            code=wanted.code, amount=amount, reference=wanted.reference, token=token, at=clock.now()
        )
        return Answer(201, answers.redemption(spent, db.session.get_one(GiftCard, spent.gift_card_id)))

    return once(token, wanted, act)


@bp.post("/gift-cards/redemptions/<number>/reversal")
@machine
@guessing
def reverse(number: str) -> ResponseReturnValue:
    """Give a redemption of this caller's back to its card, once."""
    token, nothing = _caller(), read_body(Body)

    def act() -> Answer:
        spent = spending.reverse(number=number, token=token, at=clock.now())
        return Answer(200, answers.redemption(spent, db.session.get_one(GiftCard, spent.reversed_to_id)))

    return once(token, nothing, act)


@bp.get("/openapi.json")
@public
def openapi() -> ResponseReturnValue:
    """The API, described for machines."""
    document = json.loads(DOCUMENT.read_text())
    document["servers"] = [{"url": current_app.config["SETTINGS"].public_url}]
    return jsonify(document)
