"""Another house as the issuer, over HTTP: it speaks the document we serve ourselves at ``/api/v1/openapi.json``.

A card is asked for under the key of its outbox row, which is the same after a crash, and with the order's number as its
reference. A repeat under the key brings the same card with its code, so asking again can never make a second one. What
is answered is held to what was asked before anybody hears of it (faults G01, G02).
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import msgspec
import requests
from msgspec import Meta
from requests.auth import AuthBase
from urllib3.exceptions import MaxRetryError, NewConnectionError

from marketplace import shapes
from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused
from marketplace.credits.requests import Code
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.money import Money

T = TypeVar("T")

PATH = "/api/v1/gift-cards"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0  # for the whole answer; a look-up and a repeat stay within the outbox's lease
MOST_BYTES = 64 * 1024
_CURRENCY = re.compile(r"\A[A-Z]{3}\Z")

# The refusals the document knows of an issue. Those of the token are ours to mend, so they are tried again.
_FOR_GOOD: Final = {400, 409, 413, 415, 422}
_LATER: Final = {401, 403, 429}


class _Card(msgspec.Struct, frozen=True):
    """An ``IssuedGiftCard`` of the document; what else an issuer may add is not ours to judge."""

    number: Annotated[str, Meta(min_length=1, max_length=40)]
    last_four: Annotated[str, Meta(min_length=4, max_length=4)]
    amount: int
    balance: int
    currency: str
    reference: str
    state: str
    code: Code | None


class _Found(msgspec.Struct, frozen=True):
    gift_cards: list[dict[str, Any]]


class _Trouble(msgspec.Struct, frozen=True):
    code: str
    message: str = ""


class _Error(msgspec.Struct, frozen=True):
    error: _Trouble


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes


class _Bearer(AuthBase):
    """The token as its own kind of sign-in: the library would let a ``.netrc`` speak over a plain header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class RemoteIssuer:
    """The issuer at ``url``: the address of its shop, with or without the path of the API."""

    def __init__(self, url: str, token: str, *, seconds: float = ANSWER_SECONDS) -> None:
        self._url = url.rstrip("/").removesuffix("/gift-cards").removesuffix("/api/v1") + PATH
        self._sign_in, self._seconds = _Bearer(token), seconds

    def issue(self, wanted: CardWanted) -> IssuedCard:
        body = {"amount": wanted.amount.minor, "currency": wanted.amount.currency, "reference": wanted.reference}
        answer = self._ask("POST", json=body, headers={"Idempotency-Key": wanted.key})
        if answer.status == 201:
            return _as_asked(_read(answer, _Card), wanted)
        if answer.status in _FOR_GOOD:
            said = _read(answer, _Error).error
            raise IssueRefused(f"{said.code}: {said.message}"[:400])
        raise _strange(answer)

    def look_up(self, wanted: CardWanted) -> IssuedCard | None:
        """Found by its reference, the card is asked for again under its key: only that answer holds the code."""
        try:
            answer = self._ask("GET", params={"reference": wanted.reference})
            if answer.status != 200:
                raise _strange(answer)
            return self.issue(wanted) if _read(answer, _Found).gift_cards else None
        except NotDone as trouble:
            raise OutcomeUnknown(str(trouble)) from None  # it is still not known what became of the first call

    def trouble(self) -> str:
        """Why no card could be asked for right now; empty where one could."""
        try:
            answer = self._ask("GET", params={"reference": "doctor"})
        except (NotDone, OutcomeUnknown) as trouble:
            return str(trouble)
        return "" if answer.status == 200 else str(_strange(answer))

    def _ask(self, method: str, **more: Any) -> _Answer:
        """One call. Raises ``NotDone`` where nobody was reached, ``OutcomeUnknown`` where no whole answer came."""
        ends = time.monotonic() + self._seconds
        timeouts = (min(CONNECT_SECONDS, self._seconds), self._seconds)
        try:
            with requests.request(
                method, self._url, auth=self._sign_in, timeout=timeouts, allow_redirects=False, stream=True, **more
            ) as answer:
                return _Answer(answer.status_code, _whole(answer, ends))
        except requests.ConnectTimeout:
            raise NotDone("the issuer cannot be reached in time") from None
        except requests.RequestException as trouble:
            if _was_never_sent(trouble):
                raise NotDone("the issuer cannot be reached") from None
            raise OutcomeUnknown(f"no answer from the issuer: {type(trouble).__name__}") from None


def _whole(answer: requests.Response, ends: float) -> bytes:
    body = b""
    for piece in answer.iter_content(8192):
        body += piece
        if len(body) > MOST_BYTES or time.monotonic() > ends:
            raise OutcomeUnknown("the issuer's answer is too long or too slow")
    return body


def _was_never_sent(trouble: requests.RequestException) -> bool:
    cause = trouble.args[0] if trouble.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _read(answer: _Answer, kind: type[T]) -> T:
    """The answer's body as ``kind``. What cannot be read says nothing: the outcome stays unknown."""
    try:
        return shapes.decode(answer.body, kind)
    except msgspec.DecodeError:
        raise OutcomeUnknown(f"the issuer answered {answer.status} with something that cannot be read") from None


def _strange(answer: _Answer) -> NotDone | OutcomeUnknown:
    if answer.status in _LATER:
        return NotDone(f"the issuer answered {answer.status}: look at GIFT_CARD_ISSUER_TOKEN and at its limits")
    return OutcomeUnknown(f"the issuer answered {answer.status}")


def _as_asked(card: _Card, wanted: CardWanted) -> IssuedCard:
    """The card as the port speaks of it; raises ``IssueRefused`` where it is not whole, fresh and for us (G02).

    Another amount or currency is passed on as it is: the payout compares it with what is owed.
    """
    if card.reference != wanted.reference:
        raise IssueRefused("the issuer answered with the card of another reference")
    if card.code is None or not card.code.isprintable():
        raise IssueRefused(f"the issuer no longer tells the code of gift card {card.number}")
    if not _CURRENCY.match(card.currency):
        raise IssueRefused(f"gift card {card.number} is in no currency")
    if card.state != "active" or card.balance != card.amount:
        raise IssueRefused(f"gift card {card.number} is {card.state} and does not hold all of its amount")
    return IssuedCard(card.number, card.last_four, Money(card.amount, card.currency), card.code)
