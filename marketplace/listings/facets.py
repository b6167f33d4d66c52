"""The filters beside a list of pieces, each value with the number of pieces it would give.

counted = count(criteria)
counted.total, counted.facets
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from marketplace.database import db
from marketplace.listings.criteria import FACETS, Criteria
from marketplace.listings.matching import column, matches, wanted

_TOTAL = "total"  # among the counts, the name of that of all pieces found


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


@dataclass(frozen=True)
class Counted:
    """How many pieces meet the criteria, and how many would with one value more or less."""

    total: int
    facets: Sequence[Facet]


def count(criteria: Criteria) -> Counted:
    """Each facet with its values: how many pieces each would give together with what the other facets say.

    One statement: the category is read once, and counted once for each facet and once for all of it.
    """
    known: dict[str, dict[str, int]] = {name: {} for name in (*FACETS, _TOTAL)}
    for name, value, pieces in db.session.execute(_counts(criteria)):
        known[name][value] = pieces
    return Counted(known[_TOTAL].get("", 0), [_facet(name, known[name], criteria) for name in FACETS])


def _counts(criteria: Criteria) -> sa.CompoundSelect[str, str, int]:
    """Rows of facet, value and count, over every piece of the category."""
    offered = (
        sa.select(
            *(column(name).label(name) for name in FACETS),
            *(_meets(_without(criteria, name)).label(f"meets_others_than_{name}") for name in FACETS),
            _meets(criteria).label("meets_all"),
        )
        .where(*wanted(Criteria(criteria.category)))
        .cte("offered")
    )
    everything = sa.select(sa.literal(_TOTAL), sa.literal(""), sa.func.count()).where(offered.c.meets_all)
    return sa.union_all(
        everything,
        *(
            sa.select(
                sa.literal(name), offered.c[name], sa.func.count().filter(offered.c[f"meets_others_than_{name}"])
            ).group_by(offered.c[name])
            for name in FACETS
        ),
    )


def _without(criteria: Criteria, name: str) -> Criteria:
    return replace(criteria, chosen={key: values for key, values in criteria.chosen.items() if key != name})


def _meets(criteria: Criteria) -> sa.ColumnElement[bool]:
    return sa.and_(sa.true(), *matches(criteria))


def _facet(name: str, counts: dict[str, int], criteria: Criteria) -> Facet:
    chosen = criteria.chosen.get(name, ())
    values = sorted({*filter(None, counts), *chosen}, key=_band_order if name == "price" else str.casefold)
    return Facet(name, [FacetValue(value, counts.get(value, 0), value in chosen) for value in values])


def _band_order(name: str) -> str:
    return name.partition("-")[0].zfill(9)
