"""The photos of a piece that we are asked to sell: its owner's, from the description until she sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.consignments import finding
from marketplace.errors import NotFound
from marketplace.listings import photo_uploads
from marketplace.listings.models import Listing
from marketplace.listings.photos import NoSuchSlot, photo_in, remove
from marketplace.listings.terms import of_seller
from marketplace.permissions import signed_in, the_person

bp = Blueprint("consign_photos", __name__)


@bp.url_value_preprocessor
def _room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    photo_uploads.make_room(request)


def _draft(number: str, position: int) -> Listing:
    listing = finding.to_be_shown(number, position, the_person()).listing
    if listing is None:
        raise NotFound()
    return listing


@bp.get("/sell/consign/<number>/<int:position>/photos")
@signed_in
def photos(number: str, position: int) -> ResponseReturnValue:
    """The slots, each with its photo or a drawing of what to show."""
    return _page(number, position, {})


def _page(number: str, position: int, refused: Mapping[str, str]) -> ResponseReturnValue:
    piece, listing = finding.to_be_shown(number, position, the_person()), _draft(number, position)
    policy = of_seller(listing)
    wanted = photo_uploads.slots(listing, policy)
    form = photo_uploads.photos_form(wanted, refused)
    body = render_template(
        "seller/consign_photos.html", piece=piece, form=form, slots=wanted, policy=policy, back=_back(number, position)
    )
    return body, 422 if refused else 200


def _back(number: str, position: int) -> str:
    """The request she writes, or the piece of the one she has sent."""
    piece = finding.to_be_shown(number, position, the_person())
    if piece.consignment.requested_at is None:
        return url_for("consign.consign")
    return url_for("consigned.piece", number=number, position=position)


@bp.post("/sell/consign/<number>/<int:position>/photos")
@signed_in
def upload(number: str, position: int) -> ResponseReturnValue:
    """Take in the photos chosen, all of them or, from the page's script, one."""
    by_script = request.accept_mimetypes.best == "application/json"
    taken = photo_uploads.take(request.files, lambda: _draft(number, position), the_person)
    if by_script:
        return photo_uploads.answer_script(taken)
    if taken.refused:
        return _page(number, position, taken.refused)
    if any(photo_uploads.said_of(one) for one in taken.kept.values()):
        return redirect(url_for("consign_photos.photos", number=number, position=position), 303)
    return redirect(_back(number, position), 303)


@bp.post("/sell/consign/<number>/<int:position>/photos/<slot>/remove")
@signed_in
def take_out(number: str, position: int, slot: str) -> ResponseReturnValue:
    """Take the photo of one slot out again."""
    found = photo_in(_draft(number, position), slot)
    if found is None:
        raise NoSuchSlot()
    remove(found, by=the_person(), at=clock.now())
    return redirect(url_for("consign_photos.photos", number=number, position=position), 303)
