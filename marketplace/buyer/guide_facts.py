"""What the guides say that has to be worked out from the policy first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _

from marketplace.buybacks import requesting
from marketplace.custody import arranged_words
from marketplace.money import Money
from marketplace.orders import tax
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.programme import Policy
from marketplace.programme.regions import is_one_region, names_of, regions_of
from marketplace.programme.wording import country_name
from marketplace.shipping.postal import PostalAddress

EXAMPLE_MINOR = 10_000  # the listed price of the worked example


@dataclass(frozen=True)
class Example:
    """A payout worked through: what is listed, what the programme keeps, what the seller receives."""

    price: Money
    commission: Money
    payout: Money


@dataclass(frozen=True)
class GuideFacts:
    """One policy's facts, as the guides word them, on one day."""

    policy: Policy
    on: date

    @property
    def channels(self) -> list[str]:
        """Where a purchase must have been made, in words."""
        words = {
            "web": _("online at %(shop)s", shop=self.policy.identity.main_shop_name),
            "store": _("in a %(house)s store", house=self.policy.identity.house),
        }
        return [words[channel] for channel in self.policy.eligibility.channels]

    @property
    def holiday_calendar(self) -> str:
        """Whose public holidays count: ``the United States``, ``California, the United States``."""
        closed = self.policy.market.holidays
        country = country_name(closed.country)
        if closed.subdivision is None:
            return country
        return f"{regions_of(closed.country).get(closed.subdivision, closed.subdivision)}, {country}"

    @property
    def is_one_region(self) -> bool:
        """Whether addresses of the market name no region."""
        return is_one_region(self.policy.market.country)

    @property
    def warehouse_town(self) -> str:
        """Where the house's own pieces leave from."""
        return PostalAddress.of(self.policy.market.warehouse_postal).town

    @property
    def regions(self) -> list[str]:
        """The names of the regions that are shipped to, in alphabetical order."""
        market = self.policy.market
        return list(names_of(market.country, market.ship_to_regions).values())

    @property
    def regions_from(self) -> list[str]:
        """The names of the regions that sellers send from, in alphabetical order."""
        market = self.policy.market
        return list(names_of(market.country, market.ship_from_regions).values())

    @property
    def ships_from_everywhere(self) -> bool:
        """Whether pieces may come from exactly where they may go."""
        return self.regions_from == self.regions

    @property
    def tax_rates(self) -> list[tuple[str, int]]:
        """Each region's name and its rate in basis points; none where a tax service works them out."""
        if tax.adapter().name != tax.TaxTable.name:
            return []
        market = self.policy.market
        names = names_of(market.country, market.ship_to_regions)
        return [(name, self.policy.tax.rate_on(self.on, code)) for code, name in names.items()]

    @property
    def bought_groups(self) -> str:
        """The groups of pieces that we buy."""
        return requesting.group_words(self.policy)

    @property
    def bought_grades(self) -> str:
        """The grades in which we buy."""
        return requesting.grade_words(self.policy)

    @property
    def form_words(self) -> dict[str, LazyString]:
        """The forms of payouts, by the policy's key."""
        return {form.value: words for form, words in PAYOUT_FORMS.items()}

    @property
    def early(self) -> str:
        """How much earlier than agreed a driver may come."""
        return arranged_words.early(self.policy)

    @property
    def credit_warnings(self) -> str:
        """How long before its end the holder of a credit is written to, in words."""
        days = sorted(self.policy.payout.store_credit.warning_days, reverse=True)
        return ", ".join(ngettext("%(num)s day before", "%(num)s days before", one) for one in days)

    @property
    def example(self) -> Example:
        """What a seller receives for a piece listed at 100, reckoned as every payout is."""
        price = Money(EXAMPLE_MINOR, self.policy.market.currency)
        payout = price.share(self.policy.payout.payout_basis_points)
        return Example(price, price - payout, payout)
