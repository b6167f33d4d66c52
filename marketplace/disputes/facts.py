"""News from disputes: what moved in a case, for the letters to its parties."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from marketplace.disputes.states import Side


class News(enum.StrEnum):
    """What happened, each with a letter of its own."""

    OPENED = "opened"
    WITHDRAWN = "withdrawn"
    OFFERED = "offered"
    IN_REVIEW = "in_review"
    AGREED = "agreed"
    DECIDED = "decided"
    RETURN_LABEL = "return_label"
    RETURNED = "returned"
    NEW_DATE = "new_date"
    MESSAGE = "message"
    CLOSED = "closed"


class BankNews(enum.StrEnum):
    """What the buyer's bank did, or we did after it, each with a letter of its own to the seller."""

    OPENED = "opened"
    LET_GO = "let_go"
    PAID = "paid"  # lost, and the seller is paid all the same
    NOT_PAID = "not_paid"


@dataclass(frozen=True)
class BankWrote:
    """A chargeback moved in a way that its sellers have to hear of."""

    chargeback_id: int
    news: BankNews
    at: datetime


@dataclass(frozen=True)
class CaseMoved:
    """``by`` is the side that moved it; it is not written to about its own message."""

    dispute_id: int
    news: News
    at: datetime
    by: Side | None = None
