"""Saved searches: kept, stopped, and told of new pieces at once or once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from marketplace import events
from marketplace.database import db
from marketplace.errors import NotFound, Refusal
from marketplace.interests.facts import SearchFound
from marketplace.interests.models import Pace, SavedSearch
from marketplace.jobs import deadlines
from marketplace.listings.criteria import Criteria
from marketplace.listings.facts import ListingWentLive
from marketplace.listings.matching import for_sale, matching
from marketplace.listings.models import Listing
from marketplace.people.models import Person
from marketplace.people.notices import Notice, wanting
from marketplace.programme import versions

NEW_PIECE = "saved_search_piece"  # deadline: a piece went live; those who asked to hear at once do
DIGEST = "saved_search_digest"  # deadline: what one daily search found since the last time
DIGEST_HOUR = time(9)  # in the market's zone
MOST_SEARCHES = 30
MOST_TOLD = 8  # pieces in one letter


class TooManySearches(Refusal):
    message = _l("You have saved as many searches as there is room for. Stop one first.")


def criteria_of(search: SavedSearch) -> Criteria:
    """What was asked for."""
    return Criteria.read(MultiDict([(name, value) for name, value in search.asked]), category=search.category)


def keep(criteria: Criteria, *, label: str, pace: Pace | None, by: Person, at: datetime) -> SavedSearch:
    """Save a search; the same one again only changes its pace. Raises ``TooManySearches``.

    Where no ``pace`` was chosen the one that stands goes on, and a new search is told of once a day.
    """
    mine = searches_of(by)
    asked = [list(pair) for pair in criteria.pairs() if pair[0] != "sort"]
    search = next((one for one in mine if one.category == criteria.category and one.asked == asked), None)
    if search is None:
        if len(mine) >= MOST_SEARCHES:
            raise TooManySearches()
        search = SavedSearch(person_id=by.id, category=criteria.category, asked=asked, label=label[:200])
        search.saved_at = search.told_at = at
        search.pace = Pace.DAILY
        db.session.add(search)
    if pace is not None:
        search.pace = pace
    _wait(search, at)
    return search


def _wait(search: SavedSearch, at: datetime) -> None:
    if search.pace is Pace.DAILY:
        deadlines.set_deadline(DIGEST, search, next_digest(at))
    elif search.id is not None:
        deadlines.cancel_deadlines([search], DIGEST, at=at)


def next_digest(at: datetime) -> datetime:
    """The next morning, in the market's own zone."""
    local = at.astimezone(versions.current().calendar.zone)
    day = local.date() if local.time() < DIGEST_HOUR else local.date() + timedelta(days=1)
    return datetime.combine(day, DIGEST_HOUR, local.tzinfo).astimezone(at.tzinfo)


def searches_of(person: Person) -> Sequence[SavedSearch]:
    """This person's searches, the latest first."""
    return db.session.scalars(
        sa.select(SavedSearch).where(SavedSearch.person_id == person.id).order_by(SavedSearch.id.desc())
    ).all()


def own_search(search_id: int, person: Person) -> SavedSearch:
    """One of this person's own; else ``NotFound``."""
    search = db.session.get(SavedSearch, search_id)
    if search is None or search.person_id != person.id:
        raise NotFound()
    return search


def stop(search: SavedSearch, *, at: datetime) -> None:
    """Nobody hears of it any more."""
    deadlines.cancel_deadlines([search], DIGEST, at=at)
    db.session.delete(search)
    db.session.flush()


# Telling -------------------------------------------------------------------------------------------------------------


def piece_went_live(fact: ListingWentLive) -> None:
    """Have those told who asked to hear at once, when this is done."""
    deadlines.set_deadline(NEW_PIECE, db.session.get_one(Listing, fact.listing_id), fact.at)


def sweep_new_pieces(listing_ids: Sequence[int], at: datetime) -> None:
    """Tell of these pieces everybody whose instant search finds them."""
    categories = sa.select(Listing.category).where(Listing.id.in_(listing_ids))
    asked = sa.select(SavedSearch).where(
        SavedSearch.pace == Pace.INSTANT,
        sa.or_(SavedSearch.category.is_(None), SavedSearch.category.in_(categories)),
    )
    _tell(db.session.scalars(asked.order_by(SavedSearch.id)).all(), Listing.id.in_(listing_ids), at=at)


def sweep_digests(search_ids: Sequence[int], at: datetime) -> None:
    """Tell each daily search what it found since the last time, and wait for the next morning."""
    due = sa.select(SavedSearch).where(SavedSearch.id.in_(search_ids)).order_by(SavedSearch.id).with_for_update()
    for search in db.session.scalars(due).all():
        _tell([search], Listing.live_at > search.told_at, at=at)
        _wait(search, at)


def _tell(searches: Sequence[SavedSearch], new: sa.ColumnElement[bool], *, at: datetime) -> None:
    willing = wanting(Notice.SEARCH_FOUND, [search.person_id for search in searches])
    for search in searches:
        others = sa.or_(Listing.seller_id.is_(None), Listing.seller_id != search.person_id)
        candidates = sa.select(Listing.id).where(*for_sale(), new, others).order_by(Listing.id.desc())
        with matching(criteria_of(search)) as match:
            found = [listing for listing in db.session.scalars(candidates) if listing in match.found][:MOST_TOLD]
        search.told_at = at
        if found and search.person_id in willing:
            events.announce(SearchFound(search.id, found, at))
