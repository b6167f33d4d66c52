"""Who carries cash to a bank account, in our words. The sandbox does it at once; a file is handed in by a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, cast

from flask import current_app

from marketplace.money import Money


@dataclass(frozen=True)
class TransferWanted:
    """One transfer. ``key`` is the same however often it is asked for, and what the bank is told it is about."""

    key: str
    amount: Money
    name: str = field(repr=False)
    account: str = field(repr=False)  # an IBAN, or an account number
    bank: str = field(repr=False)  # a BIC, or the number that the country's banks go by


@dataclass(frozen=True)
class TransferReport:
    """What has become of a transfer. ``reason`` says why it failed."""

    ref: str
    status: Literal["on_its_way", "paid", "failed"]
    reason: str = ""


class CashCarrier(Protocol):
    """``send`` and ``find`` run outside any transaction; they raise ``jobs.outbox.NotDone`` or ``OutcomeUnknown``."""

    name: str

    def send(self, wanted: TransferWanted) -> TransferReport:
        """Send it; the same key is sent once."""
        ...

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        """What became of a transfer whose answer was lost; None where it was never asked for."""
        ...

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        """The run as a file for the bank; None where no file is handed in."""
        ...


class NoCash:
    """No way to a bank has been set up: nothing is sent."""

    name = "none"

    def send(self, wanted: TransferWanted) -> TransferReport:
        return TransferReport(wanted.key, "failed", "PAYOUTS is not set up")

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        return None

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        return None


def carrier() -> CashCarrier:
    """The way cash leaves this deployment."""
    return cast("CashCarrier", current_app.extensions["cash"])
