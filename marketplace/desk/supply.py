"""The house's own pieces: begun from a style, described like a member's, live without a review (MK-17)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock, database
from marketplace.catalogue.styles import find_styles, style_by_number
from marketplace.database import db
from marketplace.desk import intake_kinds, supply_offers
from marketplace.desk.supply_forms import SupplyForm
from marketplace.desk.supply_piece import back_to, own_draft, own_piece, piece_page
from marketplace.errors import NotFound, Refusal
from marketplace.listings import photo_uploads
from marketplace.listings.drafting import NotEditable, PriceOutOfBounds, save_accessories, save_condition, save_price
from marketplace.listings.flaws import add_flaw, flaw_of, remove_flaw
from marketplace.listings.forms import FlawForm
from marketplace.listings.labels import LABELS, tone
from marketplace.listings.measuring import save_measurements
from marketplace.listings.models import Item, Listing
from marketplace.listings.photos import NoSuchSlot, photo_in
from marketplace.listings.photos import remove as remove_photo
from marketplace.listings.showing import detail
from marketplace.listings.supply import start_supply
from marketplace.listings.terms import of_seller
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.programme import versions

bp = Blueprint("supply", __name__)
bp.register_blueprint(supply_offers.bp)

MOST_SHOWN = 200


@bp.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint == "supply.upload":
        photo_uploads.make_room(request)


# The stock -----------------------------------------------------------------------------------------------------------


@bp.get("/desk/supply")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def supply() -> ResponseReturnValue:
    """The house's own listings, newest first, and the styles to list another of; nothing made for another's piece."""
    listings = db.session.scalars(
        sa.select(Listing)
        .join(Item, Item.id == Listing.item_id)
        .where(Listing.seller_id.is_(None), sa.or_(Item.owner_id.is_(None), Listing.live_at.is_not(None)))
        .order_by(Listing.id.desc())
        .limit(MOST_SHOWN)
    ).all()
    query = request.args.get("q", "")
    return render_template(
        "desk/supply.html",
        listings=listings,
        labels=LABELS,
        tone=tone,
        detail=detail,
        query=query,
        styles=find_styles(query, limit=12, but=intake_kinds.single_styles()),
        tag=versions.current().policy.modes.supply.tag,
    )


@bp.post("/desk/supply")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def start() -> ResponseReturnValue:
    """Begin a listing of one more piece of a style."""
    style = style_by_number(request.form.get("style_number", "")[:40])
    if style is None:
        raise NotFound()
    listing = start_supply(style, by=the_person(), at=clock.now())
    return back_to(listing.number)


# One piece -----------------------------------------------------------------------------------------------------------


@bp.get("/desk/supply/<number>")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def piece(number: str) -> ResponseReturnValue:
    """Everything about one piece on one screen."""
    return piece_page(own_piece(number))


@bp.post("/desk/supply/<number>/details")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def save(number: str) -> ResponseReturnValue:
    """Keep grade, words, what comes with it, and price."""
    listing = own_draft(number)
    form = SupplyForm(listing, of_seller(listing))
    if not form.validate_on_submit() or form.price.amount is None:
        return piece_page(listing, form=form)
    by, at = the_person(), clock.now()
    try:
        save_accessories(listing, includes=form.includes.data or [], by=by, at=at)
        save_condition(listing, grade=form.grade.data or "", words=form.words.data, by=by, at=at)
        save_price(listing, price=form.price.amount, by=by, at=at)
        if form.measured is not None:
            save_measurements(listing, form.measured, by=by, at=at)
    except NotEditable:
        raise
    except Refusal as refusal:
        database.abandon()  # What was kept before the refusal goes with it.
        listing = own_piece(number)
        field = form.price if isinstance(refusal, PriceOutOfBounds) else form.grade
        field.errors = [str(refusal.message)]
        return piece_page(listing, form=form)
    return back_to(number, _("Kept."))


@bp.post("/desk/supply/<number>/flaws")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def note(number: str) -> ResponseReturnValue:
    """Note one flaw."""
    listing = own_draft(number)
    form = FlawForm(of_seller(listing))
    if not form.validate_on_submit():
        return piece_page(listing, flaw_form=form)
    said = {"part": form.part, "kind": form.kind, "severity": form.severity.data or "", "note": form.note.data}
    try:
        add_flaw(listing, **said, by=the_person(), at=clock.now())
    except NotEditable:
        raise
    except Refusal as refusal:
        form.what.errors = [str(refusal.message)]
        return piece_page(listing, flaw_form=form)
    return back_to(number)


@bp.post("/desk/supply/<number>/flaws/<int:flaw_id>/remove")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def take_back(number: str, flaw_id: int) -> ResponseReturnValue:
    """Take a flaw back."""
    remove_flaw(flaw_of(own_piece(number), flaw_id), by=the_person(), at=clock.now())
    return back_to(number)


@bp.post("/desk/supply/<number>/photos")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def upload(number: str) -> ResponseReturnValue:
    """Take in the photos chosen."""
    taken = photo_uploads.take(request.files, lambda: own_draft(number), the_person)
    if request.accept_mimetypes.best == "application/json":
        return photo_uploads.answer_script(taken)
    return piece_page(own_piece(number), refused=taken.refused) if taken.refused else back_to(number)


@bp.post("/desk/supply/<number>/photos/<slot>/remove")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def take_out(number: str, slot: str) -> ResponseReturnValue:
    """Take the photo of one slot out again."""
    photo_there = photo_in(own_piece(number), slot)
    if photo_there is None:
        raise NoSuchSlot()
    remove_photo(photo_there, by=the_person(), at=clock.now())
    return back_to(number)
