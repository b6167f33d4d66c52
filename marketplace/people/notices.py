"""Which letters a person wants that nobody has to get: one switch a kind, all on until switched off.

Letters about one's own orders, sales and account carry deadlines and money; they have no switch.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

import sqlalchemy as sa
from flask import current_app
from flask_babel import lazy_gettext as _l
from itsdangerous import BadSignature, URLSafeSerializer

from marketplace.database import db, insert_new
from marketplace.errors import NotFound
from marketplace.people.models import NoticeOff, Person


class Notice(enum.StrEnum):
    """A kind of letter that can be switched off."""

    PRICE_LOWERED = "price_lowered"
    SEARCH_FOUND = "search_found"
    LISTING_NEWS = "listing_news"


LABELS = {
    Notice.PRICE_LOWERED: _l("A piece you saved costs less"),
    Notice.SEARCH_FOUND: _l("A search you saved found new pieces"),
    Notice.LISTING_NEWS: _l("Your listing was handed in or went live"),
}


def is_wanted(notice: Notice, person_id: int) -> bool:
    """Whether this person wants such letters."""
    return bool(wanting(notice, [person_id]))


def wanting(notice: Notice, people_ids: Iterable[int]) -> set[int]:
    """Those of these people who want such letters."""
    asked = set(people_ids)
    off = sa.select(NoticeOff.person_id).where(NoticeOff.notice == notice.value, NoticeOff.person_id.in_(asked))
    return asked - set(db.session.scalars(off)) if asked else set()


def wanted_by(person: Person) -> set[Notice]:
    """The kinds this person wants."""
    off = set(db.session.scalars(sa.select(NoticeOff.notice).where(NoticeOff.person_id == person.id)))
    return {notice for notice in Notice if notice.value not in off}


def switch(person_id: int, notice: Notice, *, on: bool) -> None:
    """Turn a kind on or off; twice is harmless."""
    if on:
        mine = (NoticeOff.person_id == person_id, NoticeOff.notice == notice.value)
        db.session.execute(sa.delete(NoticeOff).where(*mine))
    else:
        db.session.execute(insert_new(NoticeOff).values(person_id=person_id, notice=notice.value))


# Links that stop letters ---------------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="stop-letters")


def stop_path(person_id: int, what: str) -> str:
    """The address that stops a kind of letter, or ``search:<id>``, for its reader alone: signed, and good for ever."""
    return f"/letters/stop/{_signer().dumps([person_id, what])}"


def read_stop(token: str) -> tuple[int, str]:
    """Who wants to stop what; raises ``NotFound`` for a token that is not ours."""
    try:
        person_id, what = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound() from None
    return person_id, what
