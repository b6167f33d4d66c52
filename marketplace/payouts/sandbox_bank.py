"""The sandbox's bank: a transfer arrives at once, unless its account ends in 0000, which no bank has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import insert_new, unit_of_work
from marketplace.payouts.cash import TransferReport, TransferWanted
from marketplace.payouts.cash_models import SandboxTransfer

NO_SUCH_ACCOUNT = "0000"


class SandboxBank:
    """Keeps books of its own, one row a key, as a bank would."""

    name = "sandbox"
    hosts_accounts = False

    def send(self, wanted: TransferWanted) -> TransferReport:
        with unit_of_work() as session:
            session.execute(
                insert_new(SandboxTransfer).values(
                    key=wanted.key,
                    amount_minor=wanted.amount.minor,
                    currency=wanted.amount.currency,
                    last_four=wanted.account[-4:],
                    is_paid=not wanted.account.endswith(NO_SUCH_ACCOUNT),
                )
            )
            return _report(session.scalars(sa.select(SandboxTransfer).where(SandboxTransfer.key == wanted.key)).one())

    def find(self, wanted: TransferWanted) -> TransferReport | None:
        with unit_of_work(reading=True) as session:
            known = session.scalar(sa.select(SandboxTransfer).where(SandboxTransfer.key == wanted.key))
            return None if known is None else _report(known)

    def file(self, number: str, transfers: Sequence[TransferWanted], *, at: datetime) -> bytes | None:
        return None


def _report(known: SandboxTransfer) -> TransferReport:
    if known.is_paid:
        return TransferReport(f"bank-{known.key}", "paid")
    return TransferReport(f"bank-{known.key}", "failed", "no such account")
