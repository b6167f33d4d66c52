"""The forms of a review. ``seen`` names the version of the listing the reviewer looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields import SelectChoice

from marketplace.form_fields import Form, MoneyField, MultiCheckboxField
from marketplace.listings.models import Listing
from marketplace.programme.policy.review import Review
from marketplace.text import PlainText

LONGEST_WORDS = 500

_BEFORE_EVERYTHING = datetime(1970, 1, 1, tzinfo=UTC)


class SeenForm(Form):
    """A decision on one version of a listing; ``approve`` needs nothing more."""

    seen = HiddenField()

    def __init__(self, listing: Listing, *, fresh: bool = False, **more: Any) -> None:
        """``fresh``: for a page; else the form as it was sent, in which nothing is filled in for the reviewer."""
        if fresh:
            seen = listing.submitted_at.isoformat() if listing.submitted_at else ""
            more.update(formdata=None, data={"seen": seen})
        super().__init__(**more)

    @property
    def seen_at(self) -> datetime:
        """When the version the reviewer saw was handed in; long ago where the form does not say."""
        try:
            moment = datetime.fromisoformat(self.seen.data or "")
        except ValueError:
            return _BEFORE_EVERYTHING
        return moment if moment.tzinfo else _BEFORE_EVERYTHING


class ChangesForm(SeenForm):
    """Reasons of the policy, each tied to a field, and a few words."""

    reasons = MultiCheckboxField(_l("What has to change"), validate_choice=False)
    words = TextAreaField(_l("In your words"), [PlainText(LONGEST_WORDS, required=False, lines=True)])

    def __init__(self, listing: Listing, review: Review, **more: Any) -> None:
        super().__init__(listing, prefix="changes-", **more)
        self.reasons.choices = [SelectChoice(reason.key, reason.label) for reason in review.change_reasons]


class ProposalForm(SeenForm):
    """Another price."""

    price = MoneyField(_l("Propose"))

    def __init__(self, listing: Listing, **more: Any) -> None:
        super().__init__(listing, prefix="proposal-", **more)
        self.price.currency = listing.currency


class DeclineForm(SeenForm):
    """A reason of the policy, for declining or for taking out of the shop."""

    reason = RadioField(_l("Why"), validate_choice=False)
    words = TextAreaField(_l("In your words"), [PlainText(LONGEST_WORDS, required=False, lines=True)])

    def __init__(self, listing: Listing, review: Review, **more: Any) -> None:
        super().__init__(listing, prefix="decline-", **more)
        self.reason.choices = [SelectChoice(reason.key, reason.label) for reason in review.decline_reasons]
