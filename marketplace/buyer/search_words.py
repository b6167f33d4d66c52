"""A search in words: its category, what was typed, and each value that was ticked."""

from __future__ import annotations

from flask_babel import gettext as _

from marketplace.listings.criteria import Criteria
from marketplace.programme import versions


def in_words(criteria: Criteria) -> str:
    """``Totes: oxblood, excellent``; everything for sale where nothing was asked."""
    policy = versions.current().policy
    category = policy.eligibility.category(criteria.category or "")
    grades = {grade.key: grade.label for grade in policy.condition.grades}
    values = [value for chosen in criteria.chosen.values() for value in chosen]
    wanted = [*([criteria.words] if criteria.words else []), *(grades.get(value, value).lower() for value in values)]
    about = category.label if category else str(_("All pieces"))
    return f"{about}: {', '.join(wanted)}" if wanted else about
