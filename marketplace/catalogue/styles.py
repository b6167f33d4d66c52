"""Finding styles, and learning of one from a purchase."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from marketplace.catalogue.models import Style
from marketplace.catalogue.words import query_words
from marketplace.database import db, insert_new
from marketplace.people.models import Purchase

MOST_FOUND = 24


def style_by_number(number: str) -> Style | None:
    """The style with this number, as written on its label."""
    return db.session.scalar(sa.select(Style).where(Style.number == number))


def style_of(purchase: Purchase) -> Style:
    """The style a purchase line names; made from what the line says where the catalogue does not know it yet.

    A style that is known stays as it is: the library knows its material and pictures, the till does not.
    """
    fields = {
        "number": purchase.style_number,
        "title": purchase.title,
        "house": purchase.house,
        "category": purchase.category,
        "collection": purchase.collection,
        "colour": purchase.colour,
        "material": "",
        "hardware": "",
        "list_price_minor": purchase.list_price_minor,
        "currency": purchase.currency,
        "measurements": {},
    }
    db.session.execute(insert_new(Style).values(fields))
    style = style_by_number(purchase.style_number)
    if style is None:
        raise LookupError(f"style {purchase.style_number} vanished")
    return style


def find_styles(query: str, limit: int = MOST_FOUND, *, but: sa.Select[int] | None = None) -> Sequence[Style]:
    """The styles whose number, title, house, category, colour or material hold every word of ``query``, by title.

    A word matches from its start. An empty query finds the first ``limit`` styles. ``but``: ids of styles to leave out.
    """
    found = sa.select(Style).order_by(Style.title, Style.colour, Style.id).limit(limit)
    for word in query_words(query):
        found = found.where(Style.search_text.contains(f" {word}", autoescape=True))
    if but is not None:
        found = found.where(Style.id.not_in(but))
    return db.session.scalars(found).all()
