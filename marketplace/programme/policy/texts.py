"""The programme's own words, where a number or a list cannot say it."""

from __future__ import annotations

from marketplace.programme.policy.values import Label, Section, Text


class Texts(Section, frozen=True, kw_only=True):
    """Sentences a person reads on the shop's pages."""

    tagline: Label
    purpose: Text  # what the programme is for (MK-01)
    selling: Text  # why a member would sell here
    final_sale: Text  # said beside the button and before paying (MK-60)
    supply: Text  # what the supply tag means (MK-17)
