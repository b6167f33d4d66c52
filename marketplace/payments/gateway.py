"""The payment provider, in our words. ``stripe`` and ``sandbox`` are two implementations of one port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from flask import current_app

from marketplace.money import Money


@dataclass(frozen=True)
class PaymentPage:
    """A page of the provider on which the buyer pays."""

    session_ref: str
    url: str


@dataclass(frozen=True)
class SessionReport:
    """What the provider says of a session now. ``paid`` is true only when the money is captured.

    ``status`` is ``open``, ``complete`` or ``expired``; ``key`` is the attempt's own key, sent back to us.
    """

    session_ref: str
    key: str
    status: str
    paid: bool
    amount: Money
    page_url: str | None = None
    payment_ref: str | None = None
    card_brand: str | None = None
    card_last_four: str | None = None
    card_fingerprint: str | None = None


@dataclass(frozen=True)
class RefundReport:
    """What the provider says of a refund: ``status`` is ``pending``, ``succeeded`` or ``failed``.

    ``key`` is our own, sent back to us; None where the refund was not asked for by us.
    """

    ref: str
    status: str
    amount: Money
    key: str | None = None


@dataclass(frozen=True)
class Notice:
    """A verified webhook: its id, what it speaks of (``session``, ``refund``, ``other``), which, and our own key."""

    id: str
    about: str
    ref: str | None
    key: str | None = None


class BadSignature(Exception):
    """The webhook does not come from the provider, or is too old, or claims to be from the future."""


class ForeignNotice(Exception):
    """Properly signed, but of another account or mode than ours (fault B12)."""


class Gateway(Protocol):
    """Every call raises ``jobs.outbox.NotDone`` (certainly nothing happened) or ``OutcomeUnknown`` on trouble.

    ``Misused`` says that a key stands for another request there: a fault of ours, never tried again (fault B15).
    """

    def open_page(self, request: dict[str, Any], key: str) -> PaymentPage:
        """Open a payment page for the stored request; the same key gives the same page. Raises ``PageRefused``."""
        ...

    def retrieve(self, session_ref: str) -> SessionReport: ...

    def find(self, key: str, *, expires_at: datetime) -> SessionReport | None:
        """The session that carries our key, where an answer was lost; None where there is none.

        ``expires_at`` is what the session was to be opened with: it is looked for among those of the hours before.
        """
        ...

    def expire(self, session_ref: str) -> SessionReport:
        """End a session that is still open and say what it came to; harmless when it has ended."""
        ...

    def refund(self, payment_ref: str, amount: Money, key: str) -> RefundReport:
        """Return money; the same key returns the same refund. Raises ``RefundRefused`` for good."""
        ...

    def retrieve_refund(self, ref: str) -> RefundReport: ...

    def find_refund(self, payment_ref: str, key: str) -> RefundReport | None: ...

    def news(self, since: datetime) -> list[Notice]:
        """What the provider has sent webhooks about since a moment of wall time, whether or not they arrived."""
        ...

    def payments(self, since: datetime) -> list[SessionReport]:
        """Every session opened since a moment of wall time, ours or not."""
        ...

    def refunds(self, since: datetime) -> list[RefundReport]:
        """Every refund made since a moment of wall time, ours or not."""
        ...

    def read_notice(self, payload: bytes, signature: str) -> Notice:
        """Verify a webhook; raises ``BadSignature`` or ``ForeignNotice``."""
        ...

    def trouble(self) -> str:
        """Why nothing could be asked of the provider right now, after one brief question; empty where it could."""
        ...


class PageRefused(Exception):
    """The provider opens no page for this request, for good: there is none under its key."""


class RefundRefused(Exception):
    """The provider says no, for good."""


def gateway() -> Gateway:
    """The payment provider this deployment runs with."""
    return cast("Gateway", current_app.extensions["gateway"])
