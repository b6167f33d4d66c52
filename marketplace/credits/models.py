"""Gift cards and store credit, whose balance is a sum in the ledger; what was spent of them; who may ask by machine."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model, enum_column
from marketplace.money import Money
from marketplace.people.models import Person


class Scope(enum.StrEnum):
    """What a token opens."""

    GIFT_CARDS = "gift-cards"
    STORE_CREDIT = "store-credit"


class ApiToken(Model):
    """A till's or another shop's key to the API, kept as its hash."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    scope: Mapped[Scope] = mapped_column(enum_column(Scope))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class GiftCard(Model):
    """A bearer code of at least 128 bits, kept as its hash; screens show the last four (MK-41, fault G05).

    A card is issued once a reference: ours are told apart by ``reference`` alone, those that a token asked for by
    token and reference.
    """

    __tablename__ = "gift_cards"
    __table_args__ = (
        sa.UniqueConstraint("token_id", "reference"),
        sa.Index(
            "uq_gift_cards_own_reference",
            "reference",
            unique=True,
            sqlite_where=sa.text("token_id IS NULL"),
            postgresql_where=sa.text("token_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)  # names the card; worth nothing by itself
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    last_four: Mapped[str] = mapped_column(sa.String(4))
    reference: Mapped[str] = mapped_column(sa.String(80))  # what it was issued for
    token_id: Mapped[int | None] = mapped_column(sa.ForeignKey("api_tokens.id"))  # who asked for it; empty: we did
    holder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)
    initial_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    issued_at: Mapped[datetime]
    voided_at: Mapped[datetime | None]
    void_reason: Mapped[str | None] = mapped_column(sa.String(500))  # an agent's words, for the desk alone
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gift_cards.id"), unique=True)

    holder: Mapped[Person | None] = relationship()

    @property
    def initial(self) -> Money:
        return Money(self.initial_minor, self.currency)


class StoreCredit(Model):
    """An amount credited to one person, who alone may spend it, until it expires (NAP-43, NAP-44).

    A person's credit is all of these together; what expires first is spent first.
    """

    __tablename__ = "store_credits"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    holder_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(40))  # what it was credited for: the number people see
    initial_minor: Mapped[int] = mapped_column(sa.BigInteger)  # the bonus included
    bonus_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    expired_at: Mapped[datetime | None]  # when what was left of it became ours

    holder: Mapped[Person] = relationship()

    @property
    def initial(self) -> Money:
        return Money(self.initial_minor, self.currency)

    @property
    def bonus(self) -> Money:
        return Money(self.bonus_minor, self.currency)


class Redemption(Model):
    """An amount spent at one of the brand's tills, from a card or from a person's credit; reversed at most once."""

    __tablename__ = "redemptions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(12), unique=True)
    gift_card_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gift_cards.id"), index=True)
    holder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"), index=True)  # whose credit it was
    token_id: Mapped[int] = mapped_column(sa.ForeignKey("api_tokens.id"))  # the till that took it
    amount_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    reference: Mapped[str] = mapped_column(sa.String(80))  # the till's own receipt number
    redeemed_at: Mapped[datetime]
    reversed_at: Mapped[datetime | None]
    reversed_to_id: Mapped[int | None] = mapped_column(sa.ForeignKey("gift_cards.id"))  # the card, or what replaced it

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)


class IdempotentAnswer(Model):
    """What an API call with an ``Idempotency-Key`` was answered, so that a repeat gets the same, without codes."""

    __tablename__ = "idempotent_answers"
    __table_args__ = (sa.UniqueConstraint("token_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_id: Mapped[int] = mapped_column(sa.ForeignKey("api_tokens.id"))
    key: Mapped[str] = mapped_column(sa.String(255))
    request_hash: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    sealed: Mapped[bytes | None]  # the code, for a repeat of an issue whose answer was lost
    answered_at: Mapped[datetime] = mapped_column(index=True)
