"""Who carries cash to bank accounts, in our words: the sandbox, a file for the bank, or Stripe to accounts it hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, cast

from flask import current_app

from marketplace.money import Money


@dataclass(frozen=True)
class TransferWanted:
    """One transfer. ``key`` is the same however often it is asked for, and what the bank is told it is about."""

    key: str
    amount: Money
    name: str = field(repr=False)
    account: str = field(repr=False)  # an IBAN or an account number; the name of an account that the carrier hosts
    bank: str = field(repr=False)  # a BIC, or the number that the country's banks go by


@dataclass(frozen=True)
class TransferReport:
    """What has become of a transfer. ``reason`` says why it failed."""

    ref: str
    status: Literal["on_its_way", "paid", "failed", "returned", "partly_returned"]
    reason: str = ""


@dataclass(frozen=True)
class AccountReport:
    """What a carrier says of an account it hosts.

    ``is_submitted``: its owner has been through the carrier's page; ``is_ready``: money may be sent. ``due`` and
    ``pending`` name what is missing and what is being looked at, ``disabled`` why nothing may be sent, all in the
    carrier's words. ``bank_ref`` changes with the bank details behind it.
    """

    ref: str
    is_submitted: bool
    is_ready: bool
    due: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    disabled: str = ""
    bank_ref: str = ""
    last_four: str = ""


class NotTaken(Exception):
    """The carrier says no, for good."""


class CashCarrier(Protocol):
    """``send`` and ``find`` run outside any transaction; they raise ``jobs.outbox.NotDone`` or ``OutcomeUnknown``."""

    name: str
    hosts_accounts: bool  # people give it their details on its own pages; such a carrier is an ``AccountHost``

    def send(self, wanted: TransferWanted) -> TransferReport:
        """Send it; the same key is sent once."""
        ...

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        """What became of a transfer whose answer was lost; None where it was never asked for."""
        ...

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        """The run as a file for the bank; None where no file is handed in."""
        ...


class AccountHost(CashCarrier, Protocol):
    """A carrier on whose own pages people say who they are and where they bank; nothing of that comes here."""

    title: str  # as people know it

    def open_account(self, request: dict[str, Any], key: str) -> AccountReport:
        """Open an account for ``request`` (country, email, sells); the same key gives the same. Raises ``NotTaken``."""
        ...

    def find_account(self, key: str, *, since: datetime) -> AccountReport | None:
        """The account that carries our key, where an answer was lost, among those opened since then."""
        ...

    def account(self, ref: str) -> AccountReport:
        """Raises ``LookupError`` where there is none."""
        ...

    def account_page(self, ref: str, *, key: str, again_url: str, back_url: str) -> str:
        """The address of a page for its owner, good once and for minutes. Raises ``NotTaken``.

        Whoever is done there comes to ``back_url``, whoever comes too late to ``again_url``.
        """
        ...

    def transfer(self, ref: str) -> TransferReport:
        """Raises ``LookupError`` where there is none."""
        ...

    def take_back(self, ref: str, amount: Money, key: str) -> TransferReport:
        """Take a transfer back whole, as far as its money is still there; the same key takes once. ``NotTaken``."""
        ...


class NoCash:
    """No way to a bank has been set up: nothing is sent."""

    name = "none"
    hosts_accounts = False

    def send(self, wanted: TransferWanted) -> TransferReport:
        return TransferReport(wanted.key, "failed", "PAYOUTS is not set up")

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        return None

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        return None


def carrier() -> CashCarrier:
    """The way cash leaves this deployment."""
    return cast("CashCarrier", current_app.extensions["cash"])
