"""Payments that a bank sent back and that are not made again yet (LUX-76)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa

from marketplace.database import db
from marketplace.payouts.cash import carrier
from marketplace.payouts.cash_models import PayoutTransfer, TransferState
from marketplace.payouts.models import Payout, PayoutForm, PayoutState


def bad_ends() -> list[TransferState]:
    """The ends of a transfer that speak against the bank details it went to.

    To an account that the carrier hosts a transfer that failed does not: what is wrong with one stands in what the
    carrier says of it.
    """
    return [TransferState.RETURNED, *([] if carrier().hosts_accounts else [TransferState.FAILED])]


def came_back(payouts: Iterable[Payout]) -> dict[int, datetime]:
    """By id, those of these payouts that wait for other bank details since a bank sent them back, and since when."""
    waiting = [one.id for one in payouts if one.state is PayoutState.REFUSED and one.form is PayoutForm.CASH]
    if not waiting:
        return {}
    ended = sa.select(PayoutTransfer.payout_id, sa.func.max(PayoutTransfer.ended_at).label("at"))
    of_these = ended.where(PayoutTransfer.payout_id.in_(waiting), PayoutTransfer.state.in_(bad_ends()))
    return {row.payout_id: row.at for row in db.session.execute(of_these.group_by(PayoutTransfer.payout_id))}
