"""A member's listings: what she has to do first, what she earns, and everything she offers, by state."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.listings import permissions
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.finding import own_listing
from marketplace.listings.forms import PriceForm
from marketplace.listings.models import Listing
from marketplace.listings.relisting import can_relist, relist
from marketplace.listings.repricing import accept_price, goes_to_review, pause, refuse_price, reprice, resume
from marketplace.listings.showing import any_photo, detail
from marketplace.listings.states import ListingState
from marketplace.listings.terms import of_seller, payout
from marketplace.listings.withdrawing import withdraw
from marketplace.money import Money
from marketplace.permissions import member, the_person
from marketplace.programme import versions
from marketplace.seller.answers import answers, pictures
from marketplace.seller.earnings import earnings_of
from marketplace.seller.figures import figures_of, price_help
from marketplace.seller.next_steps import next_step, sale_of
from marketplace.seller.tasks import tasks_of

bp = Blueprint("wardrobe", __name__)

# The order in which a wardrobe shows its states: what moves first, what is over last.
ORDER = (
    ListingState.CHANGES_REQUESTED,
    ListingState.PRICE_PROPOSED,
    ListingState.DRAFT,
    ListingState.SUBMITTED,
    ListingState.LIVE,
    ListingState.HELD,
    ListingState.PAUSED,
    ListingState.SOLD,
    ListingState.DECLINED,
    ListingState.REMOVED,
    ListingState.WITHDRAWN,
)


@bp.get("/sell/wardrobe")
@member
def wardrobe() -> ResponseReturnValue:
    """To do first, then the money, then every listing with its one status word and next step."""
    person = the_person()
    listings = db.session.scalars(
        sa.select(Listing).where(Listing.seller_id == person.id).order_by(Listing.id.desc())
    ).all()
    ranked = sorted(listings, key=lambda listing: ORDER.index(listing.state))
    figures = figures_of(ranked, at=clock.now())
    steps = [next_step(one) for one in ranked]
    rows = [
        {"listing": one, "photo": any_photo(one), "step": step, "figures": figures.get(one.id, [])}
        for one, step in zip(ranked, steps, strict=True)
    ]
    return render_template(
        "seller/wardrobe.html",
        tasks=tasks_of(person, zip(ranked, steps, strict=True)),
        rows=rows,
        earnings=earnings_of(person),
        detail=detail,
    )


# One listing ---------------------------------------------------------------------------------------------------------


def _page(listing: Listing, form: PriceForm | None = None) -> ResponseReturnValue:
    form = form or PriceForm(listing, listing.price.plain if listing.price else "")
    proposed = Money(listing.proposed_price_minor, listing.currency) if listing.proposed_price_minor else None
    body = render_template(
        "seller/listing.html",
        listing=listing,
        detail=detail(listing),
        policy=of_seller(listing),
        step=next_step(listing),
        rows=answers(listing),
        pictures=pictures(listing),
        form=form,
        may=permissions,
        proposed=proposed,
        proposed_payout=payout(listing, proposed) if proposed else None,
        payout=payout(listing, listing.price) if listing.price else None,
        terms_number=versions.published(listing.policy_version_id).number,
        approved=Money(listing.approved_price_minor, listing.currency) if listing.approved_price_minor else None,
        sale=sale_of(listing),
        figures=figures_of([listing], at=clock.now()).get(listing.id, []),
        help=price_help(listing, at=clock.now()) if permissions.can_reprice(listing) else None,
        may_relist=can_relist(listing, the_person()),
    )
    return body, 422 if form.errors else 200


@bp.get("/sell/wardrobe/<number>")
@member
def listing(number: str) -> ResponseReturnValue:
    """One listing: where it stands, and everything that can be done with it now."""
    return _page(own_listing(number, the_person()))


def _back(number: str, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("wardrobe.listing", number=number), 303)


@bp.post("/sell/wardrobe/<number>/reprice")
@member
def change_price(number: str) -> ResponseReturnValue:
    """Lower at once; above the approved price back to review."""
    listing = own_listing(number, the_person())
    form = PriceForm(listing)
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(listing, form)
    to_review = goes_to_review(listing, form.price.amount)
    try:
        reprice(listing, form.price.amount, by=the_person(), at=clock.now())
    except PriceOutOfBounds as refusal:
        form.price.errors = [str(refusal.message)]
        return _page(listing, form)
    return _back(number, _("Handed in for review at the new price.") if to_review else _("The price is changed."))


@bp.post("/sell/wardrobe/<number>/accept-price")
@member
def take_proposal(number: str) -> ResponseReturnValue:
    """The proposed price is fine: live at once (GAP-06)."""
    accept_price(own_listing(number, the_person()), by=the_person(), at=clock.now())
    return _back(number, _("Live at the new price."))


@bp.post("/sell/wardrobe/<number>/refuse-price")
@member
def turn_down_proposal(number: str) -> ResponseReturnValue:
    """Another price: the listing is open to be changed and handed in again (GAP-06)."""
    refuse_price(own_listing(number, the_person()), by=the_person(), at=clock.now())
    flash(_("Nothing went live. Change what you like and hand it in again."), "ok")
    return redirect(url_for("wizard.price.price", number=number), 303)


@bp.post("/sell/wardrobe/<number>/pause")
@member
def hide(number: str) -> ResponseReturnValue:
    """Out of the shop for a while."""
    pause(own_listing(number, the_person()), by=the_person(), at=clock.now())
    return _back(number, _("Paused. Nobody can buy it until you resume it."))


@bp.post("/sell/wardrobe/<number>/resume")
@member
def show(number: str) -> ResponseReturnValue:
    """Back in the shop."""
    resume(own_listing(number, the_person()), by=the_person(), at=clock.now())
    return _back(number, _("In the shop again."))


@bp.post("/sell/wardrobe/<number>/relist")
@member
def offer_again(number: str) -> ResponseReturnValue:
    """A sale came to nothing: the piece goes back to review as it was offered, with one click."""
    new = relist(own_listing(number, the_person()), by=the_person(), at=clock.now())
    if new.state is ListingState.DRAFT:
        flash(_("Complete what is missing and hand it in."), "ok")
        return redirect(url_for("wizard.check.check", number=new.number), 303)
    return _back(new.number, _("Handed in for review, as it was offered before."))


@bp.post("/sell/wardrobe/<number>/withdraw")
@member
def take_out(number: str) -> ResponseReturnValue:
    """No longer offered."""
    withdraw(own_listing(number, the_person()), by=the_person(), at=clock.now())
    return _back(number, _("Withdrawn. You can list the piece again from your purchases."))
