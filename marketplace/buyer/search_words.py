"""A search in words: its category, what was typed, and each value that was ticked."""

from __future__ import annotations

from flask_babel import gettext as _

from marketplace.buyer.browsing import value_label
from marketplace.listings.criteria import Criteria
from marketplace.programme import versions
from marketplace.programme.wording import in_sentence


def in_words(criteria: Criteria) -> str:
    """``Totes: oxblood, excellent, $100 to $200``; everything for sale where nothing was asked."""
    policy = versions.current().policy
    category = policy.eligibility.category(criteria.category or "")
    values = [value_label(facet, value) for facet, chosen in criteria.chosen.items() for value in chosen]
    wanted = [*([criteria.words] if criteria.words else []), *map(in_sentence, values)]
    about = category.label if category else str(_("All pieces"))
    return f"{about}: {', '.join(wanted)}" if wanted else about
