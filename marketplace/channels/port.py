"""The port to the outside marketplaces: one connection that serves them all, in our words.

Offers go out as feeds that are fetched from us (``buyer.feeds``); sales come in by webhook (``webhooks``), or when
asked for. Whoever bought a piece stays the marketplace's customer: no name and no address comes here, except on the
label that the marketplace makes, which is handed on and not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from flask import current_app

from marketplace.jobs.outbox import NotDone
from marketplace.money import Money

NOT_SET_UP = "CHANNELS is not set up"


@dataclass(frozen=True)
class SaleReport:
    """A sale as it stands there now; each report tells the whole of it, so that none need come in order.

    ``price`` is for the piece alone, ``commission`` what the marketplace keeps of it, in the same currency. ``reason``
    is its word for why it was cancelled; ``lost``: the parcel was lost.
    """

    outlet: str
    ref: str
    listing: str
    price: Money
    commission: Money
    sold_at: datetime
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None
    reason: str = ""

    @property
    def stage(self) -> str:
        """How far it has come: sold, completed, cancelled, or returned (cancelled once complete)."""
        if self.cancelled_at is not None:
            return "returned" if self.completed_at is not None else "cancelled"
        return "sold" if self.completed_at is None else "completed"


class CancellationRefused(Exception):
    """The marketplace does not let this sale go any more."""


class NoLabel(Exception):
    """The marketplace has no label for this sale, or could not be asked."""


class Channel(Protocol):
    """The connection. Calls abroad raise ``NotDone`` or ``OutcomeUnknown`` of the outbox where no answer came."""

    def cancel(self, outlet: str, ref: str, *, reason: str, key: str) -> None:
        """Have a sale cancelled there that cannot be honoured; twice under one key is once.

        Raises ``CancellationRefused``.
        """
        ...

    def find(self, outlet: str, ref: str) -> SaleReport | None:
        """A sale as it stands there now; None where nobody has heard of it."""
        ...

    def sales_since(self, since: datetime) -> list[SaleReport]:
        """Every sale that was made, completed or cancelled since then."""
        ...

    def withdraw(self, listing: str) -> None:
        """Take a piece off every marketplace at once, however long ago they fetched the feed; twice is harmless."""
        ...

    def label(self, outlet: str, ref: str) -> bytes:
        """The marketplace's own prepaid label, a PDF. Raises ``NoLabel``."""
        ...


class NoChannel:
    """No connection is set up: what is asked all the same waits until there is one, or for a person."""

    def cancel(self, outlet: str, ref: str, *, reason: str, key: str) -> None:
        raise NotDone(NOT_SET_UP)

    def find(self, outlet: str, ref: str) -> SaleReport | None:
        raise NotDone(NOT_SET_UP)

    def sales_since(self, since: datetime) -> list[SaleReport]:
        return []

    def withdraw(self, listing: str) -> None:
        raise NotDone(NOT_SET_UP)

    def label(self, outlet: str, ref: str) -> bytes:
        raise NoLabel(NOT_SET_UP)


def channel() -> Channel:
    """The connection that this deployment has."""
    return cast("Channel", current_app.extensions["channel"])
