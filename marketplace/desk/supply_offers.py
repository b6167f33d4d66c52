"""The house's own pieces in the shop: publishing, price, pause, end (MK-17)."""

from __future__ import annotations

from flask import Blueprint, flash
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.desk.supply_piece import back_to, own_piece, piece_page
from marketplace.listings.completeness import Incomplete
from marketplace.listings.drafting import PriceOutOfBounds
from marketplace.listings.forms import PriceForm
from marketplace.listings.models import Listing
from marketplace.listings.permissions import can_reprice
from marketplace.listings.relisting import relist_ours
from marketplace.listings.repricing import pause, reprice, resume
from marketplace.listings.states import CannotReprice, ListingState
from marketplace.listings.supply import check_is_ours, publish
from marketplace.listings.withdrawing import withdraw
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person

bp = Blueprint("offers", __name__)


def _ours(number: str) -> Listing:
    listing = own_piece(number)
    check_is_ours(listing)
    return listing


@bp.post("/desk/supply/<number>/publish")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def go_live(number: str) -> ResponseReturnValue:
    """Into the shop; what is missing is named."""
    listing = own_piece(number)
    try:
        publish(listing, by=the_person(), at=clock.now())
    except Incomplete as incomplete:
        flash(str(incomplete.message), "bad")
        return piece_page(listing, is_refused=True)
    return back_to(number, _("Live."))


@bp.post("/desk/supply/<number>/price")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def change_price(number: str) -> ResponseReturnValue:
    """Another price, at once: the house reviews itself."""
    listing = own_piece(number)
    check_is_ours(listing)
    if not can_reprice(listing):
        raise CannotReprice()
    form = PriceForm(listing)
    if not form.validate_on_submit() or form.price.amount is None:
        return piece_page(listing, price_form=form)
    try:
        reprice(listing, form.price.amount, by=the_person(), at=clock.now())
    except PriceOutOfBounds as refusal:
        form.price.errors = [str(refusal.message)]
        return piece_page(listing, price_form=form)
    return back_to(number, _("The price is changed."))


@bp.post("/desk/supply/<number>/pause")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def hide(number: str) -> ResponseReturnValue:
    """Out of the shop for a while."""
    pause(_ours(number), by=the_person(), at=clock.now())
    return back_to(number)


@bp.post("/desk/supply/<number>/resume")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def show(number: str) -> ResponseReturnValue:
    """Back in the shop."""
    resume(_ours(number), by=the_person(), at=clock.now())
    return back_to(number)


@bp.post("/desk/supply/<number>/withdraw")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def end(number: str) -> ResponseReturnValue:
    """No longer offered."""
    withdraw(_ours(number), by=the_person(), at=clock.now())
    return back_to(number)


@bp.post("/desk/supply/<number>/relist")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def offer_again(number: str) -> ResponseReturnValue:
    """A sale came to nothing and the piece lies here: for sale again, here and everywhere."""
    new = relist_ours(_ours(number), by=the_person(), at=clock.now())
    is_live = new.state is ListingState.LIVE
    return back_to(new.number, _("For sale again, everywhere.") if is_live else _("Complete what is missing."))
