"""One of the house's own pieces on one screen: what is shown, and where a verb leads back to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.buybacks import finding
from marketplace.database import db
from marketplace.desk import intake_kinds
from marketplace.desk.supply_forms import SupplyForm
from marketplace.errors import NotFound
from marketplace.listings import permissions, photo_uploads
from marketplace.listings.completeness import missing
from marketplace.listings.condition import cap_of, cap_words, flaw_words
from marketplace.listings.drafting import NotEditable
from marketplace.listings.finding import public_path
from marketplace.listings.forms import FlawForm, PriceForm
from marketplace.listings.labels import LABELS, tone
from marketplace.listings.models import Listing
from marketplace.listings.relisting import can_relist_ours
from marketplace.listings.showing import detail, photo
from marketplace.listings.suggestion import suggestion_for
from marketplace.listings.terms import of_seller


def own_piece(number: str) -> Listing:
    """The house's own listing of that number; else ``NotFound``."""
    listing = db.session.scalar(sa.select(Listing).where(Listing.number == number, Listing.seller_id.is_(None)))
    if listing is None:
        raise NotFound()
    return listing


def own_draft(number: str) -> Listing:
    """The same while it may still be written; else ``NotEditable``."""
    listing = own_piece(number)
    if not permissions.can_edit(listing):
        raise NotEditable()
    return listing


def back_to(number: str, words: str | None = None) -> ResponseReturnValue:
    """The screen again after a verb."""
    if words:
        flash(words, "ok")
    return redirect(url_for("supply.piece", number=number), 303)


def _given(listing: Listing) -> tuple[str, str] | None:
    """The tag and the page at intake of a piece that is still its owner's; None of the house's own (NAP-29)."""
    piece = intake_kinds.of_item(listing.item_id) if listing.item.owner_id is not None else None
    return (piece.tag, intake_kinds.address(piece)) if piece is not None else None


def piece_page(
    listing: Listing, *, refused: Mapping[str, str] | None = None, is_refused: bool = False, **forms: Any
) -> ResponseReturnValue:
    """The screen. ``forms`` are those that were sent and need another look, ``refused`` the photos, by slot."""
    policy = of_seller(listing)
    wanted = photo_uploads.slots(listing, policy)
    photos_form = photo_uploads.photos_form(wanted, refused or {})
    has_errors = bool(forms or refused or is_refused)
    suggestion = suggestion_for(listing, at=clock.now())
    standing = listing.price.plain if listing.price else ""
    body = render_template(
        "desk/supply_piece.html",
        listing=listing,
        policy=policy,
        detail=detail(listing),
        label=LABELS[listing.state],
        tone=tone(listing.state),
        library=[photo(picture, alt=listing.title) for picture in listing.item.style.pictures],
        photos=[photo(one, alt=listing.title) for one in listing.photos],
        grade=policy.condition.grade(listing.grade) if listing.grade else None,
        includes=[one.label for one in policy.condition.comes_with if one.key in listing.includes],
        flaws=[(flaw, flaw_words(flaw, policy.condition)) for flaw in listing.flaws],
        cap=cap_words(cap_of(listing.flaws, policy.condition), policy.condition),
        slots=wanted,
        photos_form=photos_form,
        suggestion=suggestion,
        missing=missing(listing),
        may=permissions,
        may_relist=can_relist_ours(listing),
        public_path=public_path(listing),
        tag=policy.modes.supply.tag,
        given=_given(listing),
        bought=finding.of_item(listing.item_id),
        errors_on=has_errors,
        **{
            "form": SupplyForm(listing, policy, formdata=None),
            "flaw_form": FlawForm(policy, formdata=None),
            "price_form": PriceForm(listing, standing, formdata=None),
            **forms,
        },
    )
    return body, 422 if has_errors else 200
