"""Another house that issues gift cards: answers by the API document this shop serves itself, and keeps books.

Calls and answers are held to the document; what breaks it stands in ``violations``. Beside the plans of every double it
can lie: ``lie(amount=1)`` changes the next card's answer, ``lie(code_of=first_number)`` gives it another card's code.
In a process of its own: ``python -m tests.doubles.gift_cards --port N --token TOKEN``, and ``POST /_double/lie``.
"""

from __future__ import annotations

import json
import secrets
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from tests.doubles.control import Steered, arguments, serve
from tests.doubles.server import Answer, Call, answers

CARDS = "/api/v1/gift-cards"
DOCUMENT = Path(__file__).resolve().parents[2] / "marketplace" / "credits" / "openapi.json"
OPERATIONS = {"issue": "issueGiftCard", "find": "findGiftCard"}


@cache
def document() -> dict[str, Any]:
    """The document with every reference replaced by what it points to."""
    whole: dict[str, Any] = json.loads(DOCUMENT.read_text())

    def resolved(node: Any) -> Any:
        if isinstance(node, list):
            return [resolved(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            target: Any = whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            return resolved(target)
        return {key: resolved(value) for key, value in node.items()}

    return resolved(whole)  # type: ignore[no-any-return]


def _operation(operation_id: str) -> dict[str, Any]:
    every = (operation for methods in document()["paths"].values() for operation in methods.values())
    return next(operation for operation in every if operation.get("operationId") == operation_id)


def _faults(schema: dict[str, Any], value: Any) -> list[str]:
    return [fault.message for fault in Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value)]


@dataclass
class Card:
    """A card as this house keeps it."""

    number: str
    code: str
    amount: int
    currency: str
    reference: str
    issued_at: str

    def told(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "last_four": self.code[-4:],
            "balance": self.amount,
            "currency": self.currency,
            "amount": self.amount,
            "reference": self.reference,
            "state": "active",
            "issued_at": self.issued_at,
        }


class GiftCardDouble(Steered):
    """``cards`` are the books. ``forgetful`` takes the protection away: it knows neither keys nor references."""

    def __init__(self, port: int = 0, *, token: str = "the-issuers-token", forgetful: bool = False) -> None:
        super().__init__(port)
        self.token, self.forgetful = token, forgetful
        self.cards: list[Card] = []
        self._answers: dict[str, tuple[Any, Answer]] = {}  # by idempotency key: what was asked and answered
        self._lies: deque[dict[str, Any]] = deque()
        self._numbers = count(4471)

    def lie(self, **changes: Any) -> None:
        """Answer the next issue with these fields changed; ``code_of`` a number: with that card's code."""
        self._lies.append(changes)

    def forget_everything(self) -> None:
        """As on the first day: no cards, no answers."""
        self.cards.clear()
        self._answers.clear()

    def card_behind(self, code: str) -> Card | None:
        return next((card for card in self.cards if card.code == code), None)

    def owed(self) -> dict[str, int]:
        """What whoever asked for the cards owes this house for them, by currency, in minor units."""
        sums: dict[str, int] = {}
        for card in self.cards:
            sums[card.currency] = sums.get(card.currency, 0) + card.amount
        return sums

    # Calls -----------------------------------------------------------------------------------------------------------

    @answers("POST", CARDS)
    def issue(self, call: Call) -> Answer:
        key, asked = call.headers["idempotency-key"], call.json
        if key in self._answers and not self.forgetful:
            before, answer = self._answers[key]
            return replace(answer) if before == asked else _no(422, "idempotency_key_reused")
        answer = self._answered(asked)
        self._answers[key] = (asked, answer)
        return replace(answer)

    @answers("GET", CARDS)
    def find(self, call: Call) -> Answer:
        wanted = dict(call.query).get("reference")
        found = [] if self.forgetful else [card.told() for card in self.cards if card.reference == wanted]
        return Answer({"gift_cards": found})

    @answers("POST", "/_double/lie")
    def steer_lie(self, call: Call) -> Answer:
        self.lie(**call.json)
        return Answer({})

    @answers("GET", "/_double/cards")
    def show_cards(self, call: Call) -> Answer:
        return Answer([card.told() | {"code": card.code} for card in self.cards])

    def before(self, call: Call) -> Answer | None:
        if call.operation not in OPERATIONS:
            return None
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return _no(401, "unauthorized", {"WWW-Authenticate": "Bearer"})
        if faults := self._faults_of(call):
            self.violations += faults
            return _no(422, "unprocessable")
        return None

    def after(self, call: Call, answer: Answer) -> None:
        """Hold the answer to the document; only then lie."""
        if call.operation not in OPERATIONS:
            return
        responses = _operation(OPERATIONS[call.operation])["responses"]
        schema = responses[str(answer.status)]["content"]["application/json"]["schema"]
        self.violations += [f"our own answer: {fault}" for fault in _faults(schema, answer.body)]
        if call.operation == "issue" and answer.status == 201:
            answer.body = answer.body | self._lie()

    def _faults_of(self, call: Call) -> list[str]:
        described = _operation(OPERATIONS[call.operation])
        given = {"header": call.headers, "query": dict(call.query)}
        found = []
        for parameter in described["parameters"]:
            name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
            found += _faults(parameter["schema"], given[parameter["in"]].get(name))
        if "requestBody" in described:
            if call.headers.get("content-type") != "application/json":
                found.append(f"sent as {call.headers.get('content-type')}")
            found += _faults(described["requestBody"]["content"]["application/json"]["schema"], call.json)
        return found

    def _answered(self, asked: dict[str, Any]) -> Answer:
        if not self.forgetful and any(card.reference == asked["reference"] for card in self.cards):
            return _no(409, "reference_taken")
        code = "-".join(secrets.token_hex(2).upper() for _ in range(7))
        now = datetime.now(UTC).isoformat()
        card = Card(f"9000-{next(self._numbers)}", code, asked["amount"], asked["currency"], asked["reference"], now)
        self.cards.append(card)
        return Answer({**card.told(), "code": card.code}, 201)

    def _lie(self) -> dict[str, Any]:
        """What the answer says otherwise than the books; a changed amount is the balance too."""
        changes = self._lies.popleft() if self._lies else {}
        if "code_of" in changes:
            other = next(card for card in self.cards if card.number == changes.pop("code_of"))
            changes |= {"code": other.code, "last_four": other.code[-4:]}
        return {"balance": changes["amount"], **changes} if "amount" in changes else changes


def _no(status: int, code: str, headers: dict[str, str] | None = None) -> Answer:
    return Answer({"error": {"code": code, "message": code.replace("_", " ")}}, status, headers or {})


if __name__ == "__main__":
    parser = arguments("gift_cards")
    parser.add_argument("--token", default="the-issuers-token")
    chosen = parser.parse_args()
    serve(GiftCardDouble(chosen.port, token=chosen.token))
