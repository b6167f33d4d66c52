"""What a visitor keeps in mind until they sign in: listing numbers in this browser's signed session."""

from __future__ import annotations

from datetime import datetime

from flask import session

from marketplace.interests import saving
from marketplace.listings.finding import public_listings
from marketplace.people.models import Person
from marketplace.people.signing_in import sign_in_here

KEY = "saved"
MOST = 24  # a cookie is small


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


def arrive(person: Person, *, at: datetime) -> None:
    """Sign the person in on this browser; what was saved in it is theirs from now on, on every device."""
    here = [listing for listing in public_listings(numbers()) if listing.seller_id != person.id]
    sign_in_here(person, at=at)
    saving.save_all(here[::-1], by=person, at=at)
