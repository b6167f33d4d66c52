"""The four checks that end a rehearsal and every drill: books, the doubles' books, no failed page, nothing stuck."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from marketplace.channels.models import ChannelSale
from marketplace.channels.states import SaleState
from marketplace.database import unit_of_work
from marketplace.ledger import Account
from marketplace.payments.models import PaymentAttempt
from marketplace.payouts.models import Payout, PayoutState
from marketplace.shipping.models import Parcel
from tests import books
from tests.processes import until
from tests.rehearsal.column import TIMEOUT, WEBS, Column
from tests.shop import close, make_shop


def check_all(column: Column, *, say: Callable[[str], None] = lambda _line: None, may_rest: bool = False) -> None:
    """Raise ``AssertionError`` with what is wrong. Where something was taken away, pages ``may_rest`` with 503."""
    shop = make_shop(column.database_url, photos=column.folder / "unused")
    try:
        with shop.app_context():
            until(_nothing_is_open, "nothing is left to be done")
            say("nothing is stuck")
            books.assert_ledger_is_sound()
            say("our ledger is sound, and the escrow of closed orders is zero")
            books.assert_gift_cards_agree()
            assert_stripe_agrees(column)
            assert_shippo_agrees(column)
            assert_the_channels_agree(column)
            assert_the_issuer_agrees(column)
            say("the books of the others equal ours")
    finally:
        close(shop)
    failed = failed_pages(column, may_rest=may_rest)
    assert failed == Counter(), failed
    say("no page failed")


def check_by_command(column: Column, say: Callable[[str], None]) -> None:
    """What an operator would ask: ``ledger verify``, ``ledger export`` read by hledger, ``doctor``."""
    column.flask("ledger", "verify")
    journal = column.folder / "ledger.journal"
    journal.write_text(column.flask("ledger", "export").stdout, encoding="utf-8")
    if shutil.which("hledger"):
        done = subprocess.run(
            ["hledger", "-f", str(journal), "check", "-s"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        say("ledger verify, and hledger reads the export")
    else:
        say("ledger verify (there is no hledger to read the export)")
    doctor = column.flask("doctor", check=False)
    assert doctor.returncode == 0, doctor.stdout
    say("doctor finds nothing")


def _nothing_is_open() -> bool:
    """Whether the workers have done everything; a row that was given up fails at once."""
    with unit_of_work(reading=True):
        try:
            books.assert_nothing_is_stuck()
        except AssertionError as stuck:
            if "parked" in str(stuck):
                raise
            return False
        return True


def assert_stripe_agrees(column: Column) -> None:
    """Paid and not given back there is what clearing holds here; each payment there is one attempt here."""
    there: Any = column.steer("stripe", "books")
    held = sum(one["amount_total"] for one in there["paid"])
    held -= sum(one["amount"] for one in there["refunds"] if one["status"] == "succeeded")
    with unit_of_work(reading=True) as session:
        assert books.total(Account.CLEARING).get("USD", 0) == held
        paid = session.scalars(sa.select(PaymentAttempt.payment_ref).where(PaymentAttempt.paid_at.is_not(None))).all()
    assert sorted(map(str, paid)) == sorted(one["payment_intent"] for one in there["paid"])
    assert column.steer("stripe", "violations") == []


def assert_the_issuer_agrees(column: Column) -> None:
    """Each payout that was issued is one card there, of the same worth; nobody else's reference is known there."""
    with unit_of_work(reading=True) as session:
        payouts = session.scalars(sa.select(Payout)).all()
    headers = {"Authorization": f"Bearer {column.issuer_token}"}
    for payout in payouts:
        where = f"{column.address('gift_cards')}/api/v1/gift-cards"
        answer = requests.get(where, params={"reference": payout.reference}, headers=headers, timeout=TIMEOUT)
        cards = [(card["number"], card["amount"]) for card in answer.json()["gift_cards"]]
        issued = [(payout.gift_card_number, payout.amount_minor)] if payout.state is PayoutState.ISSUED else []
        assert cards == issued, (payout.reference, payout.state)


def assert_shippo_agrees(column: Column) -> None:
    """Each label sold there is one parcel's here, at the same cost; what was not given back is owed."""
    there: Any = column.steer("shippo", "parcels")
    with unit_of_work(reading=True) as session:
        known = session.execute(
            sa.select(Parcel.tracking_number, Parcel.cost_minor).where(Parcel.tracking_number.is_not(None))
        ).all()
        owed = -books.total(Account.CARRIER_PAYABLE).get("USD", 0)
    assert sorted(map(tuple, known)) == sorted((one["tracking_number"], one["cost_minor"]) for one in there)
    assert owed == sum(one["cost_minor"] for one in there if one["is_kept"])
    assert column.steer("shippo", "violations") == []


def assert_the_channels_agree(column: Column) -> None:
    """Each sale there is one of ours, cancelled there where it is cancelled here."""
    there: Any = column.steer("channels", "books")
    with unit_of_work(reading=True) as session:
        ours = session.execute(sa.select(ChannelSale.ref, ChannelSale.state)).all()
    cancelled = (SaleState.CANCELLED, SaleState.RETURNED, SaleState.CALLED_OFF)
    assert sorted((ref, state in cancelled) for ref, state in ours) == sorted(
        (one["ref"], "cancelled_at" in one) for one in there["sales"]
    )
    assert column.steer("channels", "violations") == []


def failed_pages(column: Column, *, may_rest: bool) -> Counter[str]:
    """Routes that were answered with 500 or more, from the web processes' own logs."""
    failed: Counter[str] = Counter()
    for web in WEBS:
        for entry in log_lines(column.parts[web].log):
            if entry.get("event") != "request" or entry["status"] < 500 or (may_rest and entry["status"] == 503):
                continue
            failed[f"{entry['route']} {entry['status']}"] += 1
    return failed


def log_lines(log: Path) -> Iterator[dict[str, Any]]:
    """The lines of a log that are JSON."""
    for text in log.read_text(errors="replace").splitlines():
        if text.startswith("{"):
            try:
                yield json.loads(text)
            except json.JSONDecodeError:
                continue  # cut off by a kill


def assert_logs_keep_secrets(column: Column, *secrets: str) -> None:
    """No log of ours holds a code, a token or a password."""
    for name in (*WEBS, "worker", "beat"):
        said = column.parts[name].log.read_text(errors="replace")
        assert [secret for secret in secrets if secret in said] == [], f"{name} told a secret"
