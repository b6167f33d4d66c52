"""Where consigned pieces arrive: scan, tick, examine, find genuine, propose or decline, send back. Made for a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField

from marketplace import clock
from marketplace.consignments import arriving, examining, finding, proposing, selling, terms
from marketplace.consignments.labels import LABELS, tone
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import PieceState
from marketplace.custody import log
from marketplace.form_fields import Form
from marketplace.listings.completeness import missing
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.shipping import parcels
from marketplace.text import PlainText

bp = Blueprint("intake", __name__)

_S = PieceState

# What the desk has to do, in the order of the page.
TO_DO = (
    (_l("On their way"), (_S.INBOUND,)),
    (_l("To examine"), (_S.RECEIVED, _S.INSPECTING)),
    (_l("To answer"), (_S.COUNTERED, _S.ACCEPTED)),
    (_l("To send back"), (_S.GOING_BACK,)),
)


class PlaceForm(Form):
    """Where the piece goes, in the house's own words: a shelf, a room, a parcel's number."""

    place = StringField(_l("Place"), [PlainText(60)])


@bp.get("/desk/intake")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def scan() -> ResponseReturnValue:
    """One field for the scanner, and what waits. A tag that is known leads straight to its page."""
    tag = request.args.get("tag", "")[:60]
    found = arriving.by_tag(tag) if tag else None
    if isinstance(found, ConsignedPiece):
        return redirect(_address(found), 303)
    if found is not None:
        return redirect(url_for("intake.parcel", number=found.number), 303)
    lists = [(label, [_row(piece) for piece in finding.waiting_in(*states)]) for label, states in TO_DO]
    return render_template("desk/intake.html", tag=tag, lists=lists, labels=LABELS, tone=tone)


def _row(piece: ConsignedPiece) -> dict[str, Any]:
    return {"piece": piece, "href": _address(piece)}


def _address(piece: ConsignedPiece) -> str:
    return url_for("intake.piece", number=piece.consignment.number, position=piece.position)


@bp.get("/desk/intake/<number>")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def parcel(number: str) -> ResponseReturnValue:
    """One parcel: tick what lies in it."""
    found = finding.numbered(number)
    return render_template(
        "desk/intake_parcel.html",
        consignment=found,
        parcel=parcels.inbound_parcel(found.number),
        pieces=[_row(piece) for piece in found.pieces],
        labels=LABELS,
        tone=tone,
    )


@bp.get("/desk/intake/<number>/<int:position>")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def piece(number: str, position: int) -> ResponseReturnValue:
    """One piece with everything that can be done with it now."""
    return _page(_piece(number, position))


def _piece(number: str, position: int) -> ConsignedPiece:
    return finding.piece_in(finding.numbered(number), position)


def _page(found: ConsignedPiece, *, form: PlaceForm | None = None) -> ResponseReturnValue:
    policy = terms.of_owner(found.consignment)
    examiner_is_reader = found.examined_by == the_person().id
    body = render_template(
        "desk/intake_piece.html",
        piece=found,
        label=LABELS[found.state],
        tone=tone(found.state),
        form=form or PlaceForm(formdata=None),
        grade=policy.condition.grade(found.grade).label,
        category=policy.eligibility.category(found.category),
        rule=policy.modes.consignment,
        reasons=policy.review.decline_reasons,
        missing=missing(found.listing) if found.listing else [],
        net=terms.net_of(found),
        net_of_theirs=terms.net_of(found, found.countered) if found.countered else None,
        may_find_genuine=not (policy.modes.consignment.needs_two_people and examiner_is_reader),
        may_hand_back=selling.may_hand_back(found),
        custody=log.told(found.number),
    )
    return body, 422 if form is not None and form.errors else 200


def _done(found: ConsignedPiece, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(_address(found), 303)


# Verbs ---------------------------------------------------------------------------------------------------------------


@bp.post("/desk/intake/<number>/<int:position>/receive")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def receive(number: str, position: int) -> ResponseReturnValue:
    """It lies before us, and goes to this place."""
    return _placed(number, position, arriving.receive, _("Ticked."))


def _placed(number: str, position: int, verb: Callable[..., object], said: str) -> ResponseReturnValue:
    """Carry a verb out that says where the piece is from now on."""
    found, form = _piece(number, position), PlaceForm()
    if not form.validate_on_submit():
        return _page(found, form=form)
    verb(found, place=form.place.data, by=the_person(), at=clock.now())
    return _done(found, said)


@bp.post("/desk/intake/<number>/<int:position>/store")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def store(number: str, position: int) -> ResponseReturnValue:
    """It lies somewhere else now."""
    return _placed(number, position, arriving.store, _("Noted."))


@bp.post("/desk/intake/<number>/<int:position>/examine")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def examine(number: str, position: int) -> ResponseReturnValue:
    """Take it up; photos, grade and price are written on its own screen."""
    found = _piece(number, position)
    examining.examine(found, by=the_person(), at=clock.now())
    return _done(found, _("It is yours to examine."))


@bp.post("/desk/intake/<number>/<int:position>/genuine")
@staff(Role.REVIEWER, Role.WAREHOUSE)
def genuine(number: str, position: int) -> ResponseReturnValue:
    """It is genuine."""
    found = _piece(number, position)
    examining.find_genuine(found, by=the_person(), at=clock.now())
    return _done(found, _("Found genuine."))


@bp.post("/desk/intake/<number>/<int:position>/propose")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def propose(number: str, position: int) -> ResponseReturnValue:
    """Put our price to its owner."""
    found = _piece(number, position)
    proposing.propose(found, by=the_person(), at=clock.now())
    return _done(found, _("Proposed. Its owner has been told."))


@bp.post("/desk/intake/<number>/<int:position>/decline")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def decline(number: str, position: int) -> ResponseReturnValue:
    """We do not sell it."""
    found = _piece(number, position)
    examining.decline(found, request.form.get("reason", "")[:40], by=the_person(), at=clock.now())
    return _done(found, _("Declined. Its owner chooses what becomes of it."))


@bp.post("/desk/intake/<number>/<int:position>/agree")
@staff(Role.REVIEWER)
def agree(number: str, position: int) -> ResponseReturnValue:
    """Its owner's price it is."""
    found = _piece(number, position)
    proposing.agree(found, by=the_person(), at=clock.now())
    return _done(found, _("Agreed. It is in the shop."))


@bp.post("/desk/intake/<number>/<int:position>/stand")
@staff(Role.REVIEWER)
def stand(number: str, position: int) -> ResponseReturnValue:
    """We keep to our price."""
    found = _piece(number, position)
    proposing.stand(found, by=the_person(), at=clock.now())
    return _done(found, _("Its owner answers once more."))


@bp.post("/desk/intake/<number>/<int:position>/hand-back")
@staff(Role.WAREHOUSE)
def hand_back(number: str, position: int) -> ResponseReturnValue:
    """It leaves us."""
    return _placed(number, position, selling.hand_back, _("Sent back."))


@bp.post("/desk/intake/<number>/<int:position>/waive")
@staff(Role.MANAGER)
def waive(number: str, position: int) -> ResponseReturnValue:
    """Let its fee go."""
    found = _piece(number, position)
    selling.waive_fee(found, by=the_person(), at=clock.now())
    return _done(found, _("The fee is waived."))
