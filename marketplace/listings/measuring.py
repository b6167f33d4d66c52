"""What the desk measures of a piece that it has in hand; of a style known from the library it is known already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.listings.drafting import edited, editing
from marketplace.listings.models import Item, Listing

MEASURES = ("width", "height", "depth")  # in the order in which they are told


class CannotMeasure(Refusal):
    message = _l("The measurements of this style are known already.")


def can_measure(listing: Listing) -> bool:
    """Whether its style is that of this one piece: no other item has it, and no library shows it."""
    style = listing.item.style
    items = sa.select(sa.func.count()).select_from(Item).where(Item.style_id == style.id)
    return not style.pictures and db.session.scalar(items) == 1


def save_measurements(listing: Listing, measured: Mapping[str, int | None], *, by: HasActor, at: datetime) -> None:
    """Keep what was measured, in millimetres; None is not measured. Raises ``NotEditable`` or ``CannotMeasure``."""
    editing(listing)
    if not can_measure(listing):
        raise CannotMeasure()
    listing.item.style.measurements = {name: mm for name in MEASURES if (mm := measured.get(name))}
    edited(listing, "condition", by=by, at=at)
