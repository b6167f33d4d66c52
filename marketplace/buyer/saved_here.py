"""What a visitor keeps in mind until they sign in: listing numbers and one search in this browser's signed session."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from flask import session
from werkzeug.datastructures import MultiDict

from marketplace.buyer.search_words import in_words
from marketplace.interests import saving, searches
from marketplace.listings.criteria import Criteria
from marketplace.listings.finding import public_listings
from marketplace.people.models import Person
from marketplace.people.signing_in import sign_in_here

KEY = "saved"
SEARCH = "search"
MOST = 24  # a cookie is small
MOST_ASKED = 12  # values of a search, for the same reason


def numbers() -> list[str]:
    """The numbers of the pieces saved here, the latest first."""
    return [str(number) for number in session.get(KEY, [])]


def save(number: str) -> None:
    """Keep a piece in mind; twice is harmless. Where there is no more room the oldest is let go."""
    session[KEY] = [number, *(other for other in numbers() if other != number)][:MOST]
    session.permanent = True


def forget(number: str) -> None:
    """Let a piece go; harmless where it was not saved."""
    session[KEY] = [other for other in numbers() if other != number]


def keep_search(criteria: Criteria) -> bool:
    """Keep a search until somebody signs in here, in the place of any other; False where it asks for too much."""
    asked = criteria.pairs()
    if len(asked) > MOST_ASKED:
        return False
    session[SEARCH] = [criteria.category, asked]
    return True


def arrive(person: Person, *, at: datetime) -> None:
    """Sign the person in on this browser; what was saved in it is theirs from now on, on every device."""
    here = [listing for listing in public_listings(numbers()) if listing.seller_id != person.id]
    search = session.get(SEARCH)
    sign_in_here(person, at=at)
    saving.save_all(here[::-1], by=person, at=at)
    if search:
        category, asked = search
        criteria = Criteria.read(MultiDict([(name, value) for name, value in asked]), category=category)
        with suppress(searches.TooManySearches):  # no reason to keep anybody out
            searches.keep(criteria, label=in_words(criteria), pace=None, by=person, at=at)
