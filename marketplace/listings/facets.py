"""The filters beside a list of pieces, each value with the number of pieces it would give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.criteria import FACETS, Criteria
from marketplace.listings.matching import column, wanted


@dataclass(frozen=True)
class FacetValue:
    value: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Facet:
    """One kind of filter, with every value that any piece in this category has; a count of 0 stays in the list."""

    name: str
    values: Sequence[FacetValue]


def facets(criteria: Criteria) -> list[Facet]:
    """Each facet with its values: how many pieces each would give together with what the other facets say."""
    return [_facet(name, criteria) for name in FACETS]


def _facet(name: str, criteria: Criteria) -> Facet:
    looked_at = column(name)
    known = db.session.scalars(sa.select(looked_at).where(*wanted(Criteria(criteria.category))).distinct())
    others = replace(criteria, chosen={key: values for key, values in criteria.chosen.items() if key != name})
    counted = sa.select(looked_at, sa.func.count()).where(*wanted(others)).group_by(looked_at)
    counts = {row[0]: row[1] for row in db.session.execute(counted)}
    chosen = criteria.chosen.get(name, ())
    values = sorted({*filter(None, known), *chosen}, key=_band_order if name == "price" else str.casefold)
    return Facet(name, [FacetValue(value, counts.get(value, 0), value in chosen) for value in values])


def _band_order(name: str) -> str:
    return name.partition("-")[0].zfill(9)
