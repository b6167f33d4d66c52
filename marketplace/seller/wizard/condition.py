"""Wear and grade: flaws are noted first, and cap the grade that can be chosen (MK-10, MK-11, GAP-12)."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.errors import Refusal
from marketplace.listings.condition import cap_of, cap_words, flaw_words
from marketplace.listings.drafting import NotEditable, save_condition
from marketplace.listings.flaws import add_flaw, flaw_of, remove_flaw
from marketplace.listings.forms import ConditionForm, FlawForm
from marketplace.listings.models import Listing
from marketplace.listings.terms import of_seller
from marketplace.permissions import member, the_person
from marketplace.seller.wizard import steps

bp = Blueprint("condition", __name__)


def _page(listing: Listing, form: ConditionForm, flaw_form: FlawForm) -> ResponseReturnValue:
    policy = of_seller(listing)
    has_errors = bool(form.errors or flaw_form.errors)
    body = steps.page(
        "condition",
        listing,
        form=form,
        flaw_form=flaw_form,
        errors_on=has_errors,
        flaws=[(flaw, flaw_words(flaw, policy.condition)) for flaw in listing.flaws],
        cap=cap_words(cap_of(listing.flaws, policy.condition), policy.condition),
    )
    return body, 422 if has_errors else 200


@bp.route("/sell/listings/<number>/condition", methods=["GET", "POST"])
@member
def condition(number: str) -> ResponseReturnValue:
    """Keep the grade and the words, and go on; a grade that cannot be is refused at once with the reason."""
    listing = steps.draft(number)
    form = ConditionForm(listing, of_seller(listing))
    if form.validate_on_submit():
        try:
            save_condition(listing, grade=form.grade.data or "", words=form.words.data, by=the_person(), at=clock.now())
        except NotEditable:
            raise
        except Refusal as refusal:
            steps.refuse(form, "grade", refusal)
        else:
            return steps.go("photos", listing)
    return _page(listing, form, FlawForm(of_seller(listing), formdata=None))


@bp.post("/sell/listings/<number>/flaws")
@member
def note(number: str) -> ResponseReturnValue:
    """Note one flaw."""
    listing = steps.draft(number)
    form = FlawForm(of_seller(listing))
    if form.validate_on_submit():
        try:
            add_flaw(
                listing,
                part=form.part,
                kind=form.kind,
                severity=form.severity.data or "",
                note=form.note.data,
                by=the_person(),
                at=clock.now(),
            )
        except NotEditable:
            raise
        except Refusal as refusal:
            steps.refuse(form, "what", refusal)
        else:
            return steps.go("condition", listing)
    return _page(listing, ConditionForm(listing, of_seller(listing)), form)


@bp.post("/sell/listings/<number>/flaws/<int:flaw_id>/remove")
@member
def take_back(number: str, flaw_id: int) -> ResponseReturnValue:
    """Take a flaw back."""
    listing = steps.draft(number)
    remove_flaw(flaw_of(listing, flaw_id), by=the_person(), at=clock.now())
    return steps.go("condition", listing)
