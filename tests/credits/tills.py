"""A till of the brand: speaks to the gift-card API as a machine would."""

from __future__ import annotations

from itertools import count
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.credits import cards, tokens
from marketplace.credits.codes import hash_of
from marketplace.credits.models import GiftCard, Scope
from marketplace.database import db, unit_of_work
from marketplace.money import Money

CARDS = "/api/v1/gift-cards"
_numbers = count(1)


def a_token(name: str | None = None, scope: Scope = Scope.GIFT_CARDS) -> str:
    """A token of its own for one till."""
    with unit_of_work():
        return tokens.make_token(name or f"Till {next(_numbers)}", scope, at=clock.now())


class Till:
    """One caller with one token. Each call that moves money gets a fresh key unless one is given."""

    def __init__(self, client: FlaskClient, token: str | None = None) -> None:
        self.client, self.token = client, token or a_token()

    def post(self, path: str, body: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or f"key-{next(_numbers)}"}
        return self.client.post(CARDS + path, json=body, headers={**headers, **more.pop("headers", {})}, **more)

    def issue(self, amount: int = 8_000, *, reference: str | None = None, **more: Any) -> TestResponse:
        wanted = {"amount": amount, "currency": "USD", "reference": reference or f"R-{next(_numbers)}"}
        return self.post("", wanted, **more)

    def card(self, amount: int = 8_000) -> str:
        """The code of a new card."""
        answer = self.issue(amount)
        assert answer.status_code == 201, answer.text
        return str(answer.json["code"])

    def look_up(self, code: str) -> TestResponse:
        return self.post("/lookup", {"code": code})

    def redeem(self, code: str, amount: int, *, reference: str = "receipt 1", **more: Any) -> TestResponse:
        spent = {"code": code, "amount": amount, "currency": "USD", "reference": reference}
        return self.post("/redemptions", spent, **more)

    def reverse(self, redemption: str, **more: Any) -> TestResponse:
        return self.post(f"/redemptions/{redemption}/reversal", {}, **more)

    def find(self, reference: str) -> TestResponse:
        return self.client.get(
            CARDS, query_string={"reference": reference}, headers={"Authorization": f"Bearer {self.token}"}
        )


def error(answer: TestResponse) -> tuple[int, str]:
    """The status and the word for machines."""
    return answer.status_code, answer.json["error"]["code"]


def card_of(code: str) -> GiftCard:
    """The row behind a code."""
    db.session.expire_all()
    return db.session.scalars(db.select(GiftCard).where(GiftCard.code_hash == hash_of(code))).one()


def held(code: str) -> Money:
    """What the card with this code holds, as the ledger has it."""
    return cards.balance_of(card_of(code))
