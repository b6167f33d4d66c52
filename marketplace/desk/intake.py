"""Where pieces arrive: scan, tick, examine, find genuine, then propose, confirm or send back. Made for a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.buybacks import inspecting
from marketplace.buybacks.models import Buyback
from marketplace.consignments import examining, finding, proposing, terms
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.consignments.states import CannotHandOn
from marketplace.custody import log
from marketplace.custody.fees import FeeIsOpen
from marketplace.desk import expected, intake_kinds
from marketplace.desk.intake_forms import PlaceForm, ReviseForm
from marketplace.desk.intake_kinds import Piece, address, kind_of, piece_at, place_of
from marketplace.errors import NotFound, Refusal
from marketplace.listings.completeness import missing
from marketplace.listings.showing import photo
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.people.models import Role
from marketplace.permissions import page_if_open, staff, the_person
from marketplace.shipping import parcels

bp = Blueprint("intake", __name__)

LISTS = {
    "coming": _l("On their way"),
    "examine": _l("To examine"),
    "answer": _l("To answer"),
    "back": _l("To send back"),
    "leaving": _l("To give away or recycle"),
}


@bp.get("/desk/intake")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def scan() -> ResponseReturnValue:
    """One field for the scanner, and what waits. A tag that is known leads straight to its page."""
    tag = request.args.get("tag", "")[:60]
    found = intake_kinds.by_tag(tag) if tag else None
    if isinstance(found, Consignment):
        return redirect(url_for("intake.parcel", number=found.number), 303)
    if found is not None:
        return redirect(address(found), 303)
    lists = [(label, [_row(piece) for piece in intake_kinds.waiting(name)]) for name, label in LISTS.items()]
    return render_template(
        "desk/intake.html",
        tag=tag,
        lists=lists,
        at_stores=expected.at_stores(),
        by_collection=expected.by_collection(clock.now(), terms.calendar()),
    )


def _row(piece: Piece) -> dict[str, Any]:
    kind = kind_of(piece)
    return {"piece": piece, "href": address(piece), "label": kind.label(piece), "tone": kind.tone(piece)}


@bp.get("/desk/intake/<number>")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def parcel(number: str) -> ResponseReturnValue:
    """One parcel: tick what lies in it. A piece that comes alone has no page beside its own."""
    if number.startswith("Q"):
        return redirect(address(piece_at(number, intake_kinds.ONLY)), 303)
    found = finding.numbered(number)
    return render_template(
        "desk/intake_parcel.html",
        consignment=found,
        parcel=parcels.inbound_parcel(found.number),
        pieces=[_row(piece) for piece in found.pieces],
    )


@bp.get("/desk/intake/<number>/<int:position>")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def piece(number: str, position: int) -> ResponseReturnValue:
    """One piece with everything that can be done with it now."""
    return _page(piece_at(number, position))


def _page(found: Piece, *, form: PlaceForm | None = None, revise: ReviseForm | None = None) -> ResponseReturnValue:
    kind = kind_of(found)
    policy, store = kind.policy(found), kind.handed_over_at(found)
    needs_another = kind.needs_two_people(policy) and found.examined_by == the_person().id
    own = _of_buyback(found, revise) if isinstance(found, Buyback) else _of_consigned(found)
    body = render_template(
        f"desk/intake_{kind.name}.html",
        piece=found,
        here=place_of(found),
        label=kind.label(found),
        tone=kind.tone(found),
        form=form or PlaceForm(formdata=None, place=store),
        store=store,
        grade=policy.condition.grade(found.grade).label,
        category=policy.eligibility.category(found.category),
        reasons=policy.review.decline_reasons,
        may_find_genuine=not needs_another,
        may_find_counterfeit=found.examined_by != the_person().id,
        may_hand_back=kind.may_hand_back(found),
        decline_reason=policy.review.decline_reason(found.decline_reason) if found.decline_reason else None,
        is_counterfeit=found.item is not None and found.item.quarantined_at is not None,
        waive_url=page_if_open("intake.waive", **place_of(found)),
        lose_url=page_if_open("intake.lose", **place_of(found)) if kind.can_lose(found) else None,
        value=kind.value(found) if kind.can_lose(found) else None,
        photos=[photo(one, alt=found.title) for one in kind.photos(found)],
        custody=log.told(found.tag),
        **own,
    )
    return body, 422 if any(one is not None and one.errors for one in (form, revise)) else 200


def _of_consigned(found: ConsignedPiece) -> dict[str, Any]:
    charity = terms.rules(found).charity(found.charity) if found.charity else None
    return {
        "leaves_for": charity.label if charity else None,
        "is_to_be_handed_on": examining.is_to_be_handed_on(found),
        "missing": missing(found.listing) if found.listing else [],
        "net": terms.net_of(found),
        "net_of_theirs": terms.net_of(found, found.countered) if found.countered else None,
        "revise": None,
    }


def _of_buyback(found: Buyback, revise: ReviseForm | None) -> dict[str, Any]:
    form = revise or ReviseForm(formdata=None)
    form.price.currency = found.currency
    return {
        "revise": form,
        "form_label": PAYOUT_FORMS[found.form] if found.form else None,
        "quote_url": page_if_open("desk_quotes.quote", number=found.number),
    }


def _done(found: Piece, words: str, *, to: str | None = None) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(to or address(found), 303)


# Verbs of every piece ------------------------------------------------------------------------------------------------


@bp.post("/desk/intake/<number>/<int:position>/receive")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def receive(number: str, position: int) -> ResponseReturnValue:
    """It lies before us, and goes to this place."""
    found = piece_at(number, position)
    found.machine.next_state(found.state, "receive")
    return _placed(found, kind_of(found).receive, _("Ticked."), to=_rest_of(found))


def _rest_of(found: Piece) -> str | None:
    """The parcel, while something else in it is still to be ticked."""
    if isinstance(found, Buyback):
        return None
    rest = [one for one in found.consignment.pieces if one is not found and one.machine.allows(one.state, "receive")]
    return url_for("intake.parcel", number=found.consignment.number) if rest else None


def _placed(found: Piece, verb: Callable[..., object], said: str, *, to: str | None = None) -> ResponseReturnValue:
    """Carry a verb out that says where the piece is from now on."""
    form = PlaceForm()
    if not form.validate_on_submit():
        return _page(found, form=form)
    verb(found, place=form.place.data, by=the_person(), at=clock.now())
    return _done(found, said, to=to)


@bp.post("/desk/intake/<number>/<int:position>/store")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def store(number: str, position: int) -> ResponseReturnValue:
    """It lies somewhere else now."""
    found = piece_at(number, position)
    if not found.custody_is_ours:
        raise NotFound()
    return _placed(found, kind_of(found).store, _("Noted."))


@bp.post("/desk/intake/<number>/<int:position>/examine")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def examine(number: str, position: int) -> ResponseReturnValue:
    """Take it up; photos, grade and price are written on its own screen."""
    found = piece_at(number, position)
    kind_of(found).examine(found, by=the_person(), at=clock.now())
    return _done(found, _("It is yours to examine."))


@bp.post("/desk/intake/<number>/<int:position>/genuine")
@staff(Role.REVIEWER, Role.WAREHOUSE)
def genuine(number: str, position: int) -> ResponseReturnValue:
    """It is genuine."""
    found = piece_at(number, position)
    kind_of(found).find_genuine(found, by=the_person(), at=clock.now())
    return _done(found, _("Found genuine."))


@bp.post("/desk/intake/<number>/<int:position>/hand-back")
@staff(Role.WAREHOUSE)
def hand_back(number: str, position: int) -> ResponseReturnValue:
    """It leaves us."""
    found = piece_at(number, position)
    found.machine.next_state(found.state, "hand_back")
    if not kind_of(found).may_hand_back(found):
        raise FeeIsOpen()
    return _placed(found, kind_of(found).hand_back, _("Sent back."))


@bp.post("/desk/intake/<number>/<int:position>/waive")
@staff(Role.MANAGER)
def waive(number: str, position: int) -> ResponseReturnValue:
    """Let its fee go."""
    found = piece_at(number, position)
    kind_of(found).waive(found, by=the_person(), at=clock.now())
    return _done(found, _("The fee is waived."))


@bp.post("/desk/intake/<number>/<int:position>/lose")
@staff(Role.MANAGER)
def lose(number: str, position: int) -> ResponseReturnValue:
    """It was lost or damaged with us: its owner is paid."""
    found = piece_at(number, position)
    kind_of(found).say_lost(found, by=the_person(), at=clock.now())
    return _done(found, _("Noted. Its owner is paid for it."))


def _reason() -> str:
    return request.form.get("reason", "")[:40]


def _is_counterfeit() -> bool:
    return request.form.get("counterfeit") == "1"


# Of a piece that we sell for its owner -------------------------------------------------------------------------------


def _consigned(number: str, position: int) -> ConsignedPiece:
    found = piece_at(number, position)
    if not isinstance(found, ConsignedPiece):
        raise NotFound()
    return found


@bp.post("/desk/intake/<number>/<int:position>/propose")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def propose(number: str, position: int) -> ResponseReturnValue:
    """Put our price to its owner."""
    found = _consigned(number, position)
    proposing.propose(found, by=the_person(), at=clock.now())
    return _done(found, _("Proposed. Its owner has been told."))


@bp.post("/desk/intake/<number>/<int:position>/decline")
@staff(Role.WAREHOUSE, Role.REVIEWER)
def decline(number: str, position: int) -> ResponseReturnValue:
    """We do not sell it."""
    found = _consigned(number, position)
    examining.decline(found, _reason(), is_counterfeit=_is_counterfeit(), by=the_person(), at=clock.now())
    return _done(found, _("Declined. Its owner chooses what becomes of it."))


@bp.post("/desk/intake/<number>/<int:position>/hand-on")
@staff(Role.WAREHOUSE)
def hand_on(number: str, position: int) -> ResponseReturnValue:
    """It is given away or recycled as its owner chose, and leaves us."""
    found = _consigned(number, position)
    if not examining.is_to_be_handed_on(found):
        raise CannotHandOn()
    return _placed(found, examining.hand_on, _("It has left us."))


@bp.post("/desk/intake/<number>/<int:position>/agree")
@staff(Role.REVIEWER)
def agree(number: str, position: int) -> ResponseReturnValue:
    """Its owner's price it is."""
    found = _consigned(number, position)
    proposing.agree(found, by=the_person(), at=clock.now())
    return _done(found, _("Agreed. It is in the shop."))


@bp.post("/desk/intake/<number>/<int:position>/stand")
@staff(Role.REVIEWER)
def stand(number: str, position: int) -> ResponseReturnValue:
    """We keep to our price."""
    found = _consigned(number, position)
    proposing.stand(found, by=the_person(), at=clock.now())
    return _done(found, _("Its owner answers once more."))


# Of a piece that we are to buy ---------------------------------------------------------------------------------------


def _bought(number: str, position: int) -> Buyback:
    found = piece_at(number, position)
    if not isinstance(found, Buyback):
        raise NotFound()
    return found


@bp.post("/desk/intake/<number>/<int:position>/confirm")
@staff(Role.REVIEWER)
def confirm(number: str, position: int) -> ResponseReturnValue:
    """It is as quoted: ours, and paid."""
    found = _bought(number, position)
    inspecting.confirm(found, by=the_person(), at=clock.now())
    return _done(found, _("Bought. Its owner is paid."))


@bp.post("/desk/intake/<number>/<int:position>/revise")
@staff(Role.REVIEWER)
def revise(number: str, position: int) -> ResponseReturnValue:
    """It is worth another price."""
    found, form = _bought(number, position), ReviseForm()
    found.machine.next_state(found.state, "revise")
    if found.found_genuine_by is None:
        raise inspecting.NotFoundGenuine()
    form.price.currency = found.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(found, revise=form)
    try:
        inspecting.revise(found, form.price.amount, reason=form.reason.data, by=the_person(), at=clock.now())
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        form.price.errors = [str(refusal.message)]
        return _page(found, revise=form)
    return _done(found, _("Revised. Its owner takes it or has the piece back."))


@bp.post("/desk/intake/<number>/<int:position>/fail")
@staff(Role.REVIEWER)
def fail(number: str, position: int) -> ResponseReturnValue:
    """The quote is revoked."""
    found = _bought(number, position)
    inspecting.fail(found, _reason(), is_counterfeit=_is_counterfeit(), by=the_person(), at=clock.now())
    return _done(found, _("Revoked. Its owner chooses how it comes back."))
