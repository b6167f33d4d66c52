"""The review desk: the queue by time left, one listing a screen, and the next one opens by itself (MK-05 to MK-13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.desk.review_forms import ChangesForm, DeclineForm, ProposalForm, SeenForm
from marketplace.desk.review_page import review_page
from marketplace.errors import Refusal
from marketplace.form_fields import Form
from marketplace.listings import review
from marketplace.listings.finding import any_listing
from marketplace.listings.models import Listing
from marketplace.listings.review import ChangeWanted
from marketplace.listings.terms import of_seller
from marketplace.listings.withdrawing import remove
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.programme import versions

bp = Blueprint("review", __name__)

Forms = dict[str, Any]


def _forms(listing: Listing) -> Forms:
    """All forms of the screen, untouched."""
    rules = versions.current().policy.review
    return {
        "approve": SeenForm(listing, fresh=True),
        "changes": ChangesForm(listing, rules, fresh=True),
        "proposal": ProposalForm(listing, fresh=True),
        "decline": DeclineForm(listing, rules, fresh=True),
    }


def _screen(listing: Listing, sent: Forms | None = None) -> ResponseReturnValue:
    forms = {**_forms(listing), **(sent or {})}
    body = render_template(
        "desk/review_listing.html",
        **review_page(listing, reviewer=the_person(), at=clock.now()),
        forms=forms,
        errors_on=bool(sent),
    )
    return body, 422 if sent else 200


@bp.get("/desk/review")
@staff(Role.REVIEWER)
def queue() -> ResponseReturnValue:
    """Everything that waits, by time left."""
    now = clock.now()
    rows = [(listing, _grade(listing), (listing.review_due_at or now) - now) for listing in review.queue()]
    return render_template("desk/review.html", rows=rows)


def _grade(listing: Listing) -> str:
    """What the seller's terms call the grade."""
    return of_seller(listing).condition.grade(listing.grade).label if listing.grade else "–"


@bp.get("/desk/review/<number>")
@staff(Role.REVIEWER)
def listing(number: str) -> ResponseReturnValue:
    """One listing, in whatever state: as the seller describes it, beside what we know of it."""
    return _screen(any_listing(number))


def _next(done: Listing, words: str) -> ResponseReturnValue:
    """The next listing of the queue that this reviewer may decide on, or the empty queue."""
    flash(words, "ok")
    person = the_person()
    following = next((other for other in review.queue() if other.id != done.id and other.seller_id != person.id), None)
    if following is None:
        return redirect(url_for("review.queue"), 303)
    return redirect(url_for("review.listing", number=following.number), 303)


def _decide(
    listing: Listing, name: str, form: Form, field: str, decision: Callable[[Person, datetime], None], words: str
) -> ResponseReturnValue:
    """Carry out a decision, or say beside ``field`` why the form cannot be taken as it is."""
    if not form.validate_on_submit():
        return _screen(listing, {name: form})
    try:
        decision(the_person(), clock.now())
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        form[field].errors = [*form[field].errors, str(refusal.message)]
        return _screen(listing, {name: form})
    return _next(listing, words)


@bp.post("/desk/review/<number>/approve")
@staff(Role.REVIEWER)
def approve(number: str) -> ResponseReturnValue:
    """Into the shop at the seller's price."""
    listing = any_listing(number)
    form = SeenForm(listing)

    def decision(by: Person, at: datetime) -> None:
        review.approve(listing, seen=form.seen_at, by=by, at=at)

    return _decide(listing, "approve", form, "seen", decision, _("%(number)s is live.", number=number))


@bp.post("/desk/review/<number>/ask-for-changes")
@staff(Role.REVIEWER)
def ask_for_changes(number: str) -> ResponseReturnValue:
    """Back to the seller, with reasons."""
    listing = any_listing(number)
    form = ChangesForm(listing, versions.current().policy.review)

    def decision(by: Person, at: datetime) -> None:
        wanted = [ChangeWanted(reason, form.words.data or "") for reason in form.reasons.data or []]
        review.request_changes(listing, wanted, seen=form.seen_at, by=by, at=at)

    return _decide(
        listing, "changes", form, "reasons", decision, _("%(number)s went back to its seller.", number=number)
    )


@bp.post("/desk/review/<number>/propose-price")
@staff(Role.REVIEWER)
def propose_price(number: str) -> ResponseReturnValue:
    """Another price, for the seller to accept or refuse (GAP-06)."""
    listing = any_listing(number)
    form = ProposalForm(listing)

    def decision(by: Person, at: datetime) -> None:
        if form.price.amount is not None:
            review.propose_price(listing, form.price.amount, seen=form.seen_at, by=by, at=at)

    return _decide(listing, "proposal", form, "price", decision, _("The seller of %(number)s is asked.", number=number))


@bp.post("/desk/review/<number>/decline")
@staff(Role.REVIEWER)
def decline(number: str) -> ResponseReturnValue:
    """Not in this shop, and why."""
    listing = any_listing(number)
    form = DeclineForm(listing, versions.current().policy.review)

    def decision(by: Person, at: datetime) -> None:
        review.decline(listing, form.reason.data or "", form.words.data or "", seen=form.seen_at, by=by, at=at)

    return _decide(listing, "decline", form, "reason", decision, _("%(number)s is declined.", number=number))


@bp.post("/desk/review/<number>/remove")
@staff(Role.REVIEWER)
def take_out(number: str) -> ResponseReturnValue:
    """Out of the shop, with a reason (MK-06)."""
    listing = any_listing(number)
    form = DeclineForm(listing, versions.current().policy.review)

    def decision(by: Person, at: datetime) -> None:
        remove(listing, form.reason.data or "", form.words.data or "", by=by, at=at)

    return _decide(listing, "decline", form, "reason", decision, _("%(number)s is removed.", number=number))
