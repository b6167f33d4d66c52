"""Asking us to sell: pieces described one by one, kept on any device, then one label for all of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.consignments import describing, finding, requesting
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import CannotRequest
from marketplace.custody.arranged_words import early
from marketplace.errors import NotFound
from marketplace.listings import photo_uploads
from marketplace.listings.showing import any_photo
from marketplace.listings.terms import of_seller
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
from marketplace.seller.description_form import DescriptionForm
from marketplace.seller.inbound_form import InboundForm
from marketplace.seller.labels import as_label
from marketplace.shipping import parcels

bp = Blueprint("consign", __name__)


class ConsignForm(InboundForm):
    """How the pieces come."""

    def __init__(self) -> None:
        super().__init__(the_person())
        self.way.label.text = _l("How they come to us")


def _policy() -> Policy:
    policy = versions.current().policy
    if not policy.modes.consignment.is_on:
        raise NotFound()
    return policy


# The request ---------------------------------------------------------------------------------------------------------


@bp.get("/sell/consign")
@signed_in
def consign() -> ResponseReturnValue:
    """The pieces so far; once they are enough, how they come to us."""
    return _page(ConsignForm())


def _page(form: ConsignForm) -> ResponseReturnValue:
    policy, draft = _policy(), finding.draft_of(the_person())
    rule, pieces = policy.modes.consignment, draft.pieces if draft else []
    body = render_template(
        "seller/consign.html",
        form=form,
        policy=policy,
        rule=rule,
        pieces=[_row(piece) for piece in pieces],
        missing=max(rule.min_pieces - len(pieces), 0),
        more=len(pieces) < rule.max_pieces,
        early=early(policy),
    )
    return body, 422 if form.errors else 200


def _row(piece: ConsignedPiece) -> dict[str, Any]:
    if piece.listing is None:
        raise LookupError(f"piece {piece.number} has no draft")
    wanted = photo_uploads.slots(piece.listing, of_seller(piece.listing))
    return {
        "piece": piece,
        "photo": any_photo(piece.listing) if piece.listing.photos else None,
        "shown": sum(slot.photo is not None for slot in wanted),
        "wanted": len(wanted),
    }


@bp.post("/sell/consign")
@signed_in
def send() -> ResponseReturnValue:
    """Ask us; nothing is sent before everything is right."""
    policy, draft = _policy(), finding.draft_of(the_person())
    if draft is None:
        raise CannotRequest()
    requesting.check_count(policy, len(draft.pieces))
    form = ConsignForm()
    if not form.validate_on_submit() or not form.carrier_accepts():
        return _page(form)
    requesting.request(draft, form.arrangement, by=the_person(), at=clock.now())
    return redirect(url_for("consigned.consignment", number=draft.number), 303)


@bp.get("/sell/consign/<number>/label.pdf")
@signed_in
def label(number: str) -> ResponseReturnValue:
    """The one label of a consignment (NAP-21), for its owner alone."""
    return as_label(parcels.inbound_parcel(finding.own(number, the_person()).number))


# A piece of it -------------------------------------------------------------------------------------------------------


@bp.route("/sell/consign/pieces", methods=["GET", "POST"])
@signed_in
def add() -> ResponseReturnValue:
    """Describe one piece; what we do not sell is said at its field. From here on it is kept; its photos come next."""
    policy = _policy()
    form = DescriptionForm(policy, {}, describing.check_piece)
    if form.is_submitted() and all((form.validate(), form.is_taken())):
        made = describing.add(form.wish, by=the_person(), at=clock.now())
        return _to_photos(made)
    return _description(form, None)


@bp.route("/sell/consign/pieces/<int:position>", methods=["GET", "POST"])
@signed_in
def change(position: int) -> ResponseReturnValue:
    """Describe a piece otherwise, until the request is sent."""
    policy, piece = _policy(), finding.unsent_piece(the_person(), position)
    form = DescriptionForm(policy, _said(piece), describing.check_piece)
    if form.is_submitted() and all((form.validate(), form.is_taken())):
        describing.change(piece, form.wish, by=the_person(), at=clock.now())
        return _to_photos(piece)
    return _description(form, piece)


def _said(piece: ConsignedPiece) -> dict[str, Any]:
    said = {name: getattr(piece, name) for name in ("title", "house", "category", "colour", "grade", "words")}
    return {**said, "retail": piece.retail.plain, "hoped": piece.hoped.plain if piece.hoped else ""}


def _description(form: DescriptionForm, piece: ConsignedPiece | None) -> ResponseReturnValue:
    return render_template("seller/consign_piece.html", form=form, piece=piece), 422 if form.errors else 200


def _to_photos(piece: ConsignedPiece) -> ResponseReturnValue:
    number, position = piece.consignment.number, piece.position
    return redirect(url_for("consign_photos.photos", number=number, position=position), 303)


@bp.post("/sell/consign/pieces/<int:position>/remove")
@signed_in
def take_out(position: int) -> ResponseReturnValue:
    """She keeps this one."""
    describing.take_out(finding.unsent_piece(the_person(), position), by=the_person(), at=clock.now())
    flash(_("Taken out of your request."), "ok")
    return redirect(url_for("consign.consign"), 303)
