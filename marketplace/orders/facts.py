"""News from orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marketplace.money import Money


@dataclass(frozen=True)
class CheckoutPaid:
    """The whole checkout is paid: one message to the buyer for all its orders."""

    checkout_id: int
    at: datetime


@dataclass(frozen=True)
class CreditPaysAll:
    """The buyer's store credit, which is taken, pays the whole checkout: no card is asked for anything."""

    checkout_id: int
    at: datetime


@dataclass(frozen=True)
class PaymentReturned:
    """A payment came for pieces that are gone; it goes back in full at once."""

    checkout_id: int
    order_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class OrderPaid:
    order_id: int
    at: datetime


@dataclass(frozen=True)
class LabelIssued:
    """The label mail was handed over; the ship-by clock runs."""

    order_id: int
    at: datetime


@dataclass(frozen=True)
class ShipByNear:
    """Remind the seller: the ship-by moment is a business day away."""

    order_id: int
    at: datetime


@dataclass(frozen=True)
class ShipByPassed:
    """The seller is late: the buyer may cancel now."""

    order_id: int
    cancels_at: datetime
    at: datetime


@dataclass(frozen=True)
class OrderShipped:
    order_id: int
    at: datetime


@dataclass(frozen=True)
class OrderDelivered:
    order_id: int
    at: datetime


@dataclass(frozen=True)
class StillOnItsWay:
    """A periodic word to the buyer while a parcel is late (MK-63, GAP-20)."""

    order_id: int
    at: datetime


@dataclass(frozen=True)
class OrdersConfirmed:
    """Orders that were confirmed together: one by its buyer, many by silence (``automatically``)."""

    order_ids: tuple[int, ...]
    automatically: bool
    at: datetime


@dataclass(frozen=True)
class OrderCancelled:
    """``reason`` is an ``EndReason`` of orders: it decides the words of the messages."""

    order_id: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class OrderRefunded:
    order_id: int
    reason: str
    at: datetime


@dataclass(frozen=True)
class RefundedLate:
    """A settled sale was refunded, in full or in part.

    ``back`` goes to the buyer. Of the seller's payout ``taken`` was not spent and is gone, ``owed`` is to come back.
    """

    order_id: int
    back: Money
    taken: Money
    owed: Money
    is_fraud: bool
    at: datetime


@dataclass(frozen=True)
class OrdersSettled:
    order_ids: tuple[int, ...]
    at: datetime


@dataclass(frozen=True)
class OrderLinkWanted:
    """Someone knows the order's number and e-mail: its own address gets a fresh link, and nobody else."""

    order_id: int
    at: datetime


@dataclass(frozen=True)
class DeadlineExtended:
    """The desk has put a deadline off; ``deadline`` is an ``Extendable`` of orders."""

    order_id: int
    deadline: str
    until: datetime
    at: datetime
