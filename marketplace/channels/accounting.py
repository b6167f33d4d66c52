"""The money of a sale elsewhere: the marketplace owes us the price less its commission, which is our expense.

What it owes for a sale is at every moment ``due_minor``; what is held for a running sale is its price.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace.channels.models import ChannelSale
from marketplace.channels.states import RUNNING
from marketplace.database import db
from marketplace.events import Event
from marketplace.ledger import Account, Line, Posting
from marketplace.ledger.models import LedgerEntry, LedgerTransaction


def sold(sale: ChannelSale, event: Event, at: datetime) -> Posting:
    """The piece is theirs: Dr channel receivable and channel fees, Cr escrow, until the sale stands."""
    lines = (
        Line(Account.CHANNEL_RECEIVABLE, sale.net),
        Line(Account.CHANNEL_FEES, sale.commission),
        Line(Account.ESCROW, -sale.price),
    )
    return Posting("channel_sold", sale, event, at, sale.number, lines)


def cancelled(sale: ChannelSale, event: Event, at: datetime) -> Posting:
    """It came to nothing before it stood: everything the other way round."""
    lines = (
        Line(Account.ESCROW, sale.price),
        Line(Account.CHANNEL_RECEIVABLE, -sale.net),
        Line(Account.CHANNEL_FEES, -sale.commission),
    )
    return Posting("channel_cancelled", sale, event, at, sale.number, lines)


def settled(sale: ChannelSale, event: Event, at: datetime) -> Posting:
    """The sale stands, as one of the brand's own: Dr escrow, Cr own-stock sales."""
    lines = (Line(Account.ESCROW, sale.price), Line(Account.OWN_STOCK_SALES, -sale.price))
    return Posting("channel_settled", sale, event, at, sale.number, lines)


def returned(sale: ChannelSale, event: Event, at: datetime) -> Posting:
    """The marketplace took it back once it stood: its owner is paid all the same, so the price is our loss."""
    lines = (
        Line(Account.LOSSES, sale.price),
        Line(Account.CHANNEL_RECEIVABLE, -sale.net),
        Line(Account.CHANNEL_FEES, -sale.commission),
    )
    return Posting("channel_returned", sale, event, at, sale.number, lines)


def paid(sale: ChannelSale, event: Event, at: datetime) -> Posting:
    """The marketplace has paid what it owed for this sale, or kept what we owed it."""
    lines = (Line(Account.CLEARING, sale.due), Line(Account.CHANNEL_RECEIVABLE, -sale.due))
    return Posting("channel_paid", sale, event, at, sale.number, lines, part=str(event.id))


def faults() -> list[str]:
    """Sales of which the ledger says something else than their rows, one sentence each."""

    def posted(account: Account) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((LedgerEntry.account == account, LedgerEntry.amount_minor))), 0)

    owed, held = posted(Account.CHANNEL_RECEIVABLE), -posted(Account.ESCROW)
    should_hold = sa.case((ChannelSale.state.in_(RUNNING), ChannelSale.price_minor), else_=0)
    rows = db.session.execute(
        sa.select(ChannelSale.number, owed, ChannelSale.due_minor, held, should_hold)
        .outerjoin(LedgerTransaction, LedgerTransaction.reference == ChannelSale.number)
        .outerjoin(LedgerEntry, LedgerEntry.transaction_id == LedgerTransaction.id)
        .group_by(ChannelSale.id)
        .having(sa.or_(owed != ChannelSale.due_minor, held != should_hold))
    )
    return [
        f"sale {number}: the channel owes {owes}, not {due}; {holds} are held, not {should}"
        for number, owes, due, holds, should in rows
    ]
