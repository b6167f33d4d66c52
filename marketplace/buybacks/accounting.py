"""The postings of a buyback: what we pay for a piece, and for one that we lost.

Purchases are at every moment the prices of the pieces whose title passed to us.
"""

from __future__ import annotations

from datetime import datetime

from marketplace.buybacks.models import Buyback
from marketplace.events import Event
from marketplace.ledger import Account, Line, Posting
from marketplace.money import Money


def bought(buyback: Buyback, price: Money, fees: Money, event: Event, at: datetime) -> Posting:
    """Title passes: the price is a purchase, owed to its owner less the fees that are open (GAP-19, LUX-74)."""
    return Posting("bought", buyback, event, at, buyback.number, (Line(Account.PURCHASES, price), *_owed(price, fees)))


def lost(buyback: Buyback, owed: Money, fees: Money, event: Event, at: datetime, *, returned: Money) -> Posting:
    """Lost in our care: its price is our loss, and owed as if it had been bought; a fee that a payout was short of is
    ``returned`` with it (NAP-19).
    """
    lines = (Line(Account.LOSSES, owed - returned), Line(Account.FEE_INCOME, returned), *_owed(owed, fees))
    return Posting("bought_lost", buyback, event, at, buyback.number, lines)


def _owed(amount: Money, fees: Money) -> tuple[Line, Line]:
    return Line(Account.SELLER_PAYABLE, fees - amount), Line(Account.FEE_INCOME, -fees)
