"""How often a piece was looked at: counted in memory, written now and then, never in the way of a page.

A number to go by, not a record: every process adds its own to the row, the last of it when it ends. One that is killed
takes at most some twenty seconds of views with it.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.database import db, unit_of_work
from marketplace.listings.models import Listing, ListingViews

MOST_WAITING = 50  # views
LONGEST_WAIT = 20.0  # seconds

_MACHINES = re.compile(r"bot|crawl|spider|slurp|preview|monitor|facebookexternal|curl|python|http", re.IGNORECASE)

_lock = threading.Lock()
_waiting: Counter[int] = Counter()
_last = time.monotonic()


def is_machine(user_agent: str) -> bool:
    """Whether a visitor says itself that it is none: search engines, previews of shared links, monitors."""
    return not user_agent or _MACHINES.search(user_agent) is not None


def note(listing_id: int) -> bool:
    """Count one view; whether it is time to write."""
    with _lock:
        _waiting[listing_id] += 1
        return _waiting.total() >= MOST_WAITING or time.monotonic() - _last > LONGEST_WAIT


def write() -> None:
    """Add what was counted to the rows, in a unit of work of its own."""
    global _last
    with _lock:
        counted = dict(_waiting)
        _waiting.clear()
        _last = time.monotonic()
    if not counted:
        return
    with unit_of_work() as session:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        there = session.scalars(sa.select(Listing.id).where(Listing.id.in_(counted)).order_by(Listing.id)).all()
        if not there:
            return
        rows = insert(ListingViews).values([{"listing_id": key, "views": counted[key]} for key in there])
        total = {"views": ListingViews.views + rows.excluded.views}
        session.execute(rows.on_conflict_do_update(index_elements=["listing_id"], set_=total))


def views_of(listing_ids: Sequence[int]) -> dict[int, int]:
    """How often each of these was looked at."""
    found = sa.select(ListingViews.listing_id, ListingViews.views).where(ListingViews.listing_id.in_(listing_ids))
    return {row[0]: row[1] for row in db.session.execute(found)}
