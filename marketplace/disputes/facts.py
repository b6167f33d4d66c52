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


@dataclass(frozen=True)
class CaseMoved:
    """``by`` is the side that moved it; it is not written to about its own message."""

    dispute_id: int
    news: News
    at: datetime
    by: Side | None = None
