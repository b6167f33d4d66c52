"""The payment provider, in our words. ``stripe`` and ``sandbox`` are two implementations of one port."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, cast

from flask import current_app

from marketplace.money import Money

LEAST_CHARGE_MINOR = 50  # no provider of ours charges a card for less


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
class ChargebackReport:
    """What the provider says of a chargeback now: ``status`` is a value of ``ChargebackState``.

    ``withdrawn`` is what it has taken from us by now, less what it gave back; ``fee`` what it keeps for itself;
    ``due_by`` its deadline for evidence (wall time; None where none is taken); ``answers`` how often it had any.
    """

    ref: str
    payment_ref: str | None
    status: str
    reason: str
    amount: Money
    withdrawn: Money
    fee: Money
    due_by: datetime | None = None
    answers: int = 0


@dataclass(frozen=True)
class Upload:
    """A file that proves something to a bank: ``proves`` is the provider's name of what it shows."""

    id: int
    proves: str
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Notice:
    """A verified webhook: its id, what it speaks of, which, our own key, and the payment it is about.

    ``about`` is ``session``, ``refund``, ``chargeback``, ``transfer``, ``account`` or ``other``.
    """

    id: str
    about: str
    ref: str | None
    key: str | None = None
    payment_ref: str | None = None


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

    def retrieve_chargeback(self, ref: str) -> ChargebackReport: ...

    def chargebacks(self, since: datetime) -> list[ChargebackReport]:
        """Every chargeback and inquiry that was opened since a moment of wall time."""
        ...

    def upload_evidence(self, upload: Upload, key: str) -> str:
        """Hand a file in and return its name there; the same key is the same file. Raises ``EvidenceRefused``."""
        ...

    def send_evidence(self, ref: str, evidence: dict[str, str], key: str) -> ChargebackReport:
        """Answer the bank, once and for good: texts and names of files by field. Raises ``EvidenceRefused``."""
        ...

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


class EvidenceRefused(Exception):
    """The provider takes no evidence, or not this one."""


def gateway() -> Gateway:
    """The payment provider this deployment runs with."""
    return cast("Gateway", current_app.extensions["gateway"])
