"""The suggested price and why: the grade's share of the original price, the age, what the same style brought.

New With Tags is a fixed share of the original price (MK-51); the others lose with each full year (MK-50, GAP-07). From
a number of our own recent sales of the same style on, what they brought counts too. The seller is always shown why and
may name any other price (MK-52).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median_low

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.database import db
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.listings.terms import of_seller
from marketplace.money import FULL, Money, format_money
from marketplace.programme.policy import Policy
from marketplace.programme.policy.condition import Grade


@dataclass(frozen=True)
class Suggestion:
    """A suggested price with everything it was made of.

    ``share`` in basis points of the original price; ``months`` of age, None where nobody knows when it was bought;
    ``sales`` how many sales counted (0: none did) and ``sold_for`` the middle price of them.
    """

    price: Money
    original: Money
    grade: Grade
    share: int
    months: int | None
    sales: int = 0
    sold_for: Money | None = None

    @property
    def reason(self) -> str:
        """Why this price, in a sentence or two, for the seller and the reviewer alike."""
        facts = {"below": (FULL - self.share) // 100, "grade": self.grade.label}
        if self.grade.suggestion_is_fixed or self.months is None:
            said = _("%(below)s%% below the original price: %(grade)s.", **facts)
        else:
            age = age_words(self.months)
            said = _("%(below)s%% below the original price: %(grade)s, %(age)s.", **facts, age=age)
        return f"{said} {self._sales_words()}".strip()

    def _sales_words(self) -> str:
        if self.sold_for is None:
            return ""
        words = _(
            "Blended with our last %(sales)s sales of this style, whose middle price was %(price)s.",
            sales=self.sales,
            price=format_money(self.sold_for, whole=True),
        )
        return str(words)


def age_words(months: int) -> str:
    """``bought 14 months ago``."""
    if months < 1:
        return str(_("bought less than a month ago"))
    if months < 24:
        return str(ngettext("bought %(num)s month ago", "bought %(num)s months ago", months))
    return str(ngettext("bought %(num)s year ago", "bought %(num)s years ago", months // 12))


def months_between(start: date, end: date) -> int:
    """Full months from ``start`` to ``end``; never negative."""
    months = (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)
    return max(0, months)


def suggest(
    *, original: Money, grade: Grade, bought_on: date | None, today: date, sold_minor: Sequence[int], policy: Policy
) -> Suggestion:
    """The suggestion for a piece of this grade. ``sold_minor``: prices of recent sales of the same style (GAP-07)."""
    rules = policy.price.suggestion
    months = months_between(bought_on, today) if bought_on else None
    if grade.suggestion_is_fixed:
        share = grade.suggestion_basis_points
        return Suggestion(original.share(share), original, grade, share, months)
    aged = grade.suggestion_basis_points - rules.lost_per_year_basis_points * ((months or 0) // 12)
    share = max(rules.floor_basis_points, aged)
    price = original.share(share)
    if len(sold_minor) < rules.sales_min_count:
        return Suggestion(price, original, grade, share, months)
    sold_for = Money(median_low(sold_minor), original.currency)
    weight = rules.sales_weight_basis_points
    blended = Money(sold_for.minor * weight + price.minor * (FULL - weight), original.currency)
    price = Money((blended.minor * 2 + FULL) // (2 * FULL), original.currency)
    return Suggestion(price, original, grade, share, months, len(sold_minor), sold_for)


def suggestion_for(listing: Listing, *, at: datetime) -> Suggestion | None:
    """The suggestion for a listing under its seller's terms; None until its grade is chosen."""
    policy = of_seller(listing)
    if listing.grade is None:
        return None
    return suggest(
        original=listing.original_price,
        grade=policy.condition.grade(listing.grade),
        bought_on=listing.purchased_on,
        today=at.astimezone(policy.calendar.zone).date(),
        sold_minor=recent_sales(listing, since=at - timedelta(days=policy.price.suggestion.sales_lookback_days)),
        policy=policy,
    )


def recent_sales(listing: Listing, *, since: datetime) -> Sequence[int]:
    """What other pieces of the same style brought here since then, in minor units of the listing's currency."""
    return db.session.scalars(
        sa.select(Listing.price_minor)
        .join(Item, Item.id == Listing.item_id)
        .where(
            Item.style_id == listing.item.style_id,
            Item.id != listing.item_id,
            Listing.state == ListingState.SOLD,
            Listing.currency == listing.currency,
            Listing.sold_at >= since,
            Listing.price_minor.is_not(None),
        )
    ).all()  # type: ignore[return-value]


def is_outside_band(listing: Listing, suggestion: Suggestion) -> bool:
    """Whether the price lies further from the suggestion than the policy's band: the reviewer's screen says so."""
    if listing.price_minor is None:
        return False
    band = suggestion.price.share(of_seller(listing).price.review_band_basis_points).minor
    return abs(listing.price_minor - suggestion.price.minor) > band
