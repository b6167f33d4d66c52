"""What the wizard's steps share: loading the draft, where it stands, what a reviewer asked for."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from marketplace.errors import Refusal
from marketplace.listings.drafting import STEPS
from marketplace.listings.finding import own_listing
from marketplace.listings.models import Listing
from marketplace.listings.review import open_notes
from marketplace.listings.showing import any_photo, detail
from marketplace.listings.terms import of_seller
from marketplace.permissions import the_person
from marketplace.programme import versions
from marketplace.programme.policy.review import Field

LABELS = {
    "details": _l("Details"),
    "condition": _l("Condition"),
    "photos": _l("Photos"),
    "price": _l("Price"),
    "check": _l("Check"),
}

# Where in the wizard the field stands that a reviewer's reason is about.
STEP_OF = {
    Field.COMES_WITH: "details",
    Field.CONDITION: "condition",
    Field.FLAWS: "condition",
    Field.DESCRIPTION: "condition",
    Field.PHOTOS: "photos",
    Field.PRICE: "price",
}


def draft(number: str) -> Listing:
    """The person's own listing; ``NotFound`` for anybody else's."""
    return own_listing(number, the_person())


def url_of(step: str, listing: Listing) -> str:
    """The address of one step of this draft."""
    return url_for(f"wizard.{step}.{step}", number=listing.number)


def page(step: str, listing: Listing, **more: Any) -> str:
    """The page of one step, with its place in the wizard and what a reviewer asked for here."""
    return render_template(
        f"seller/{step}.html",
        listing=listing,
        policy=of_seller(listing),
        picture=any_photo(listing),
        detail=detail(listing),
        steps=[{"label": str(label), "href": url_of(name, listing)} for name, label in LABELS.items()],
        now=STEPS.index(step) + 1,
        notes=notes(listing, step),
        **more,
    )


def notes(listing: Listing, step: str) -> list[dict[str, str]]:
    """What a reviewer asked to mend on this step: the rule, the fix, the reviewer's own words."""
    review = versions.current().policy.review
    found = []
    for note in open_notes(listing):
        reason = review.change_reason(note.reason)
        if reason is not None and STEP_OF[reason.field] == step:
            found.append({"label": reason.label, "rule": reason.rule, "fix": reason.fix, "words": note.words})
    return found


def refuse(form: Any, field: str, refusal: Refusal) -> None:
    """Say a refusal beside the field it is about."""
    form[field].errors = [*form[field].errors, str(refusal.message)]


def go(step: str, listing: Listing) -> Response:
    """On to another step."""
    return see_other(url_of(step, listing))


def see_other(address: str) -> Response:
    """303: what was posted is done, the rest is at this address."""
    return redirect(address, 303)
