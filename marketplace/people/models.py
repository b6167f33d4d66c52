"""People, their roles and sign-ins, the loyalty programme's accounts, and what they bought."""

from __future__ import annotations

import enum
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import Model, enum_column
from marketplace.events import Actor, ActorKind


class Role(enum.StrEnum):
    """What a member of staff may do. A loyalty member is not staff: membership comes from the loyalty account."""

    REVIEWER = "reviewer"
    AGENT = "agent"
    WAREHOUSE = "warehouse"
    MANAGER = "manager"


class LoyaltyAccount(Model):
    """An account of the brand's loyalty programme, known by its number and e-mail.

    One that was opened here, by joining, takes the brand's number as soon as a purchase file names one for its e-mail.
    """

    __tablename__ = "loyalty_accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(40), unique=True)
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    joined_at: Mapped[datetime]
    opened_here: Mapped[bool] = mapped_column(default=False)


class Person(Model):
    """Anybody the shop knows: a guest who bought once (no credentials), a shopper, a member, staff.

    ``email`` is kept in lower case. A guest may share an e-mail with an account, so only accounts are unique by it.
    """

    __tablename__ = "people"
    __table_args__ = (
        sa.Index(
            "uq_people_account_email",
            "email",
            unique=True,
            sqlite_where=sa.text("is_account"),
            postgresql_where=sa.text("is_account"),
        ),
        sa.Index(None, "email"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(254))
    name: Mapped[str] = mapped_column(sa.String(120), default="")
    is_account: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    email_verified_at: Mapped[datetime | None]
    loyalty_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("loyalty_accounts.id"), unique=True)
    totp_sealed: Mapped[bytes | None]
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]  # the last code's time step: a code works once
    suspended_at: Mapped[datetime | None]
    joined_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(sa.String(3), default="")  # of their letters; empty: the market's own

    loyalty_account: Mapped[LoyaltyAccount | None] = relationship()
    roles: Mapped[list[StaffRole]] = relationship(back_populates="person", cascade="all, delete-orphan")

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.PERSON, self.id)

    @property
    def is_member(self) -> bool:
        """Whether this person may list (MK-02, MK-21): a verified account, linked to a loyalty account."""
        return self.is_account and self.email_verified_at is not None and self.loyalty_account_id is not None

    @property
    def is_staff(self) -> bool:
        return bool(self.roles)

    def has_role(self, *roles: Role) -> bool:
        """Whether any of these roles is held; a manager holds them all."""
        held = {row.role for row in self.roles}
        return Role.MANAGER in held or bool(held & set(roles))


class StaffRole(Model):
    """One role of one member of staff."""

    __tablename__ = "staff_roles"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(enum_column(Role), primary_key=True)
    given_at: Mapped[datetime]

    person: Mapped[Person] = relationship(back_populates="roles")


class SignIn(Model):
    """One browser signed in. The cookie holds the token; the row holds its hash and ends it everywhere.

    ``expires_at`` is wall time: moving the sandbox's clock signs nobody out.
    """

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    second_factor_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class TokenPurpose(enum.StrEnum):
    """What a mailed link is for."""

    VERIFY = "verify"  # finish joining: choose a password
    SIGN_IN = "sign_in"
    RESET = "reset"  # choose a new password
    CHANGE = "change"  # prove a new e-mail


class EmailToken(Model):
    """A one-time link sent by mail; only its hash is kept. ``expires_at`` is wall time.

    ``email`` is the address it was sent to, which is the address that using it proves.
    """

    __tablename__ = "email_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    purpose: Mapped[TokenPurpose] = mapped_column(enum_column(TokenPurpose))
    email: Mapped[str] = mapped_column(sa.String(254))
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LinkRequest(Model):
    """Somebody typed an e-mail and wants a link sent to it. Answered by a job, then deleted.

    The page that takes it writes this row and nothing else, whether it knows the e-mail or not: what is known shows
    neither in the words nor in the time.
    """

    __tablename__ = "link_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[TokenPurpose] = mapped_column(enum_column(TokenPurpose))
    email: Mapped[str] = mapped_column(sa.String(254))
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("people.id"))  # who wants this e-mail as a new one
    asked_at: Mapped[datetime]
    language: Mapped[str] = mapped_column(sa.String(3), default="")  # in which it was asked for


class NoticeOff(Model):
    """A kind of letter this person does not want (``people.notices``)."""

    __tablename__ = "notices_off"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), primary_key=True)
    notice: Mapped[str] = mapped_column(sa.String(40), primary_key=True)


class Address(Model):
    """A postal address a person ships from. The carrier sees it; the buyer never does."""

    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    line1: Mapped[str] = mapped_column(sa.String(80))
    line2: Mapped[str] = mapped_column(sa.String(80), default="")
    city: Mapped[str] = mapped_column(sa.String(60))
    region: Mapped[str] = mapped_column(sa.String(10))
    postcode: Mapped[str] = mapped_column(sa.String(12))
    country: Mapped[str] = mapped_column(sa.String(2))
    phone: Mapped[str] = mapped_column(sa.String(30), default="")

    @property
    def postal(self) -> dict[str, str]:
        """The address as the plain mapping that checkouts, parcels and labels carry."""
        fields = ("name", "line1", "line2", "city", "region", "postcode", "country", "phone")
        return {field: getattr(self, field) for field in fields}


class Channel(enum.StrEnum):
    """Where something was bought."""

    WEB = "web"
    STORE = "store"


class Purchase(Model):
    """One line of an order in the brand's own shops, as the purchase file tells it."""

    __tablename__ = "purchases"
    __table_args__ = (sa.UniqueConstraint("order_number", "line_number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[str] = mapped_column(sa.String(40))
    line_number: Mapped[int]
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    purchased_on: Mapped[date]
    returned_on: Mapped[date | None]
    loyalty_account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("loyalty_accounts.id"), index=True)
    email: Mapped[str] = mapped_column(sa.String(254), index=True)
    style_number: Mapped[str] = mapped_column(sa.String(40), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    house: Mapped[str] = mapped_column(sa.String(60))
    category: Mapped[str] = mapped_column(sa.String(40))
    collection: Mapped[str] = mapped_column(sa.String(40))
    colour: Mapped[str] = mapped_column(sa.String(40))
    size: Mapped[str] = mapped_column(sa.String(20))
    quantity: Mapped[int]
    list_price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    price_paid_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    store: Mapped[str] = mapped_column(sa.String(80))

    @property
    def is_listable_history(self) -> bool:
        """Whether the purchase was made under a loyalty account (MK-24, MK-25) and kept."""
        return self.loyalty_account_id is not None and self.returned_on is None
