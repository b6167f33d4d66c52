"""Accounts that people open at whoever carries cash, on its own pages: opening one, and what it still needs.

Where the carrier hosts them, bank details and identity are its business: we keep the account's name there, what is
missing, and the last four figures. New details rest as our own do (``payouts.accounts``, fault X12).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import cast

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock, events
from marketplace.database import db, finish, unit_of_work
from marketplace.errors import NotFound, Refusal
from marketplace.events import PROVIDER
from marketplace.jobs import outbox
from marketplace.jobs.outbox import Done, NotDone, OutboxRow, OutcomeUnknown, Refused
from marketplace.payouts.cash import AccountHost, AccountReport, NotTaken, carrier
from marketplace.payouts.cash_models import Wallet
from marketplace.payouts.facts import BankDetailsChanged
from marketplace.people.models import Person
from marketplace.programme import versions

log = logging.getLogger(__name__)

CHECK = "wallet_check"
LOOK_BACK = timedelta(hours=2)  # an account whose answer was lost is looked for among those made since it was wanted
A_ROUND = 20  # accounts that a round of the reconciler asks about


class HostIsAway(Refusal):
    message = _l("The page for your details cannot be reached right now. Nothing was lost; try again in a minute.")
    status = 503


def host() -> AccountHost:
    """The carrier, where it hosts accounts; raises ``NotFound`` where people give their details here."""
    if not carrier().hosts_accounts:
        raise NotFound()
    return cast("AccountHost", carrier())


def wallet_of(person_id: int) -> Wallet | None:
    """A person's account at the carrier."""
    return db.session.get(Wallet, person_id)


def by_ref(ref: str) -> Wallet | None:
    """The account that the carrier knows by ``ref``."""
    return db.session.scalar(sa.select(Wallet).where(Wallet.ref == ref))


def page_for(person: Person, *, again_url: str, back_url: str, at: datetime) -> str:
    """The address of the carrier's page on which this person enters their details; their account is opened first.

    Commits what it writes: the account is asked for outside any transaction, under a key that stays the same.
    Raises ``HostIsAway``.
    """
    at_host, person_id = host(), person.id
    wallet = _wanted(person, at=at)
    ref, request, key, wanted_at, was_tried = wallet.ref, wallet.request, wallet.key, wallet.wanted_at, wallet.was_tried
    wallet.was_tried = True
    finish()
    try:
        if ref is None:
            report = at_host.find_account(key, since=wanted_at - LOOK_BACK) if was_tried else None
            report = report or at_host.open_account(request, key)
            ref = report.ref
            record(db.session.get_one(Wallet, person_id, with_for_update=True), report, at=clock.now())
            finish()
        return at_host.account_page(ref, key=f"page:{secrets.token_hex(12)}", again_url=again_url, back_url=back_url)
    except (NotDone, OutcomeUnknown, NotTaken) as trouble:
        log.error("no account page", extra={"reason": f"{type(trouble).__name__}: {trouble}"[:200]})
        raise HostIsAway() from trouble


def _wanted(person: Person, *, at: datetime) -> Wallet:
    """The row of a person's account, with the exact request in it; the same however often it is wanted."""
    db.session.execute(sa.select(Person.id).where(Person.id == person.id).with_for_update())
    known = db.session.get(Wallet, person.id, with_for_update=True, populate_existing=True)
    if known is None:
        policy = versions.current().policy
        request = {"country": policy.market.country, "email": person.email, "sells": policy.identity.title}
        known = Wallet(
            person_id=person.id, key=f"wallet:{secrets.token_hex(12)}", request=request, wanted_at=clock.shared()
        )
        db.session.add(known)
        db.session.flush()
        events.record(person, "want_wallet", by=person, at=at)
    return known


def record(wallet: Wallet, report: AccountReport, *, at: datetime) -> None:
    """Bring an account to what the carrier says of it. Other bank details rest first, and their owner is told."""
    wallet.ref, wallet.checked_at = report.ref, at
    wallet.is_submitted, wallet.is_ready = report.is_submitted, report.is_ready
    wallet.due, wallet.pending, wallet.disabled = list(report.due), list(report.pending), report.disabled[:60]
    if report.bank_ref and report.bank_ref != wallet.bank_ref:
        hours = versions.current().policy.payout.cash.cooling_hours
        wallet.bank_ref, wallet.last_four = report.bank_ref, report.last_four[-4:]
        wallet.changed_at, wallet.usable_from = at, at + timedelta(hours=hours)
        events.record(db.session.get_one(Person, wallet.person_id), "change_bank", by=PROVIDER, at=at)
        events.announce(BankDetailsChanged(wallet.person_id, at))
    db.session.flush()


def look(person: Person, *, at: datetime) -> None:
    """Ask the carrier about a person's account now, outside any transaction. Raises ``HostIsAway``."""
    at_host, wallet, person_id = host(), wallet_of(person.id), person.id
    if wallet is None or wallet.ref is None:
        raise NotFound()
    ref = wallet.ref
    finish()
    try:
        report = at_host.account(ref)
    except (NotDone, LookupError) as trouble:
        raise HostIsAway() from trouble
    record(db.session.get_one(Wallet, person_id, with_for_update=True), report, at=at)


def ask(wallet: Wallet, *, key: str, at: datetime) -> None:
    """Queue a question to the carrier: what has become of this account? One question a ``key``."""
    person = db.session.get_one(Person, wallet.person_id)
    outbox.enqueue(CHECK, key=f"wallet-check:{person.id}:{key}", subject=person, request={"ref": wallet.ref}, at=at)


class WalletQuestion:
    """Carries out ``wallet_check``: asking is repeatable."""

    def perform(self, row: OutboxRow) -> Done:
        return Done(vars(host().account(row.request["ref"])))

    def look_up(self, row: OutboxRow) -> None:
        return None

    def record(self, row: OutboxRow, outcome: Done | Refused, *, at: datetime) -> None:
        record(db.session.get_one(Wallet, row.subject_id, with_for_update=True), AccountReport(**outcome.answer), at=at)


def ask_about_waiting(*, key: str) -> None:
    """For the reconciler: ask about accounts that are not ready, those first that were not asked about for longest."""
    if not carrier().hosts_accounts:
        return
    with unit_of_work():
        for wallet in _waiting():
            ask(wallet, key=key, at=clock.now())


def _waiting() -> Sequence[Wallet]:
    query = sa.select(Wallet).where(Wallet.ref.is_not(None), Wallet.is_ready.is_(False))
    return db.session.scalars(query.order_by(Wallet.checked_at, Wallet.person_id).limit(A_ROUND)).all()
