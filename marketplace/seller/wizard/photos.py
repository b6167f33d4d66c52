"""The photos: a named slot for each view, one for each flaw (MK-27 to MK-30)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.listings import photo_uploads
from marketplace.listings.models import Listing
from marketplace.listings.photos import NoSuchSlot, finish_step, photo_in, remove
from marketplace.listings.terms import of_seller
from marketplace.permissions import member, the_person
from marketplace.seller.wizard import steps

bp = Blueprint("photos", __name__)


@bp.url_value_preprocessor
def _room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    photo_uploads.make_room(request)


def _page(listing: Listing, refused: Mapping[str, str]) -> ResponseReturnValue:
    wanted = photo_uploads.slots(listing, of_seller(listing))
    form = photo_uploads.photos_form(wanted, refused)
    body = steps.page("photos", listing, form=form, slots=wanted)
    return body, 422 if refused else 200


@bp.get("/sell/listings/<number>/photos")
@member
def photos(number: str) -> ResponseReturnValue:
    """The slots, each with its photo or a drawing of what to show."""
    return _page(steps.draft(number), {})


@bp.post("/sell/listings/<number>/photos")
@member
def upload(number: str) -> ResponseReturnValue:
    """Take in the photos chosen, all of them or, from the page's script, one; then go on."""
    by_script = request.accept_mimetypes.best == "application/json"
    taken = photo_uploads.take(request.files, lambda: steps.draft(number), the_person)
    if by_script:
        return photo_uploads.answer_script(taken)
    listing = steps.draft(number)
    if taken.refused:
        return _page(listing, taken.refused)
    if any(photo_uploads.said_of(photo) for photo in taken.kept.values()):
        return steps.go("photos", listing)
    finish_step(listing, by=the_person(), at=clock.now())
    return steps.go("price", listing)


@bp.post("/sell/listings/<number>/photos/<slot>/remove")
@member
def take_out(number: str, slot: str) -> ResponseReturnValue:
    """Take the photo of one slot out again."""
    photo = photo_in(steps.draft(number), slot)
    if photo is None:
        raise NoSuchSlot()
    remove(photo, by=the_person(), at=clock.now())
    return steps.see_other(steps.url_of("photos", steps.draft(number)))
