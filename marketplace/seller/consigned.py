"""What we sell for somebody: every piece with its state, what she may do, and when she is paid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.buybacks import switching
from marketplace.buybacks.models import Buyback
from marketplace.consignments import estimating, examining, finding, proposing, requesting, selling, terms
from marketplace.consignments.labels import CHOICES, LABELS, PARTIES, tone
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import ACTS_NEXT, Choice, PieceState
from marketplace.custody import log
from marketplace.errors import Refusal
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.finding import public_path
from marketplace.listings.showing import any_photo
from marketplace.listings.states import CannotReprice, ListingState
from marketplace.payouts import forms as payout_forms
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy
from marketplace.shipping import parcels

bp = Blueprint("consigned", __name__)


class OtherPriceForm(Form):
    """The price its owner has in mind."""

    price = MoneyField(_l("Your price"))


class LowerForm(Form):
    """A lower price in the shop."""

    price = MoneyField(_l("New price"))


@bp.get("/sell/consigned")
@signed_in
def all_pieces() -> ResponseReturnValue:
    """Every piece, what waits for its owner first."""
    consignments = finding.of(the_person())
    pieces = [_row(piece) for one in consignments for piece in one.pieces]
    pieces.sort(key=lambda row: (not row["is_mine"], row["piece"].is_over))
    return render_template("seller/consigned.html", pieces=pieces, labels=LABELS, tone=tone)


def _row(piece: ConsignedPiece) -> dict[str, Any]:
    return {
        "piece": piece,
        "href": url_for("consigned.piece", number=piece.consignment.number, position=piece.position),
        "photo": any_photo(piece.listing) if piece.listing and piece.listing.photos else None,
        "is_mine": piece.state in (PieceState.REQUESTED, PieceState.PROPOSED, PieceState.DECLINED),
        "net": terms.net_of(piece),
        "paid_on": estimating.payment_day(piece),
    }


@bp.get("/sell/consign/<number>")
@signed_in
def consignment(number: str) -> ResponseReturnValue:
    """One parcel: its label, its pieces, and where they are."""
    found = finding.own(number, the_person())
    parcel = parcels.inbound_parcel(found.number)
    return render_template(
        "seller/consignment.html",
        consignment=found,
        pieces=[_row(piece) for piece in found.pieces],
        parcel=parcel,
        has_label=parcel is not None and parcel.tracking_number is not None,
        can_call_off=all(piece.state is PieceState.REQUESTED for piece in found.pieces),
        rule=terms.of_owner(found).modes.consignment,
        shipping=terms.of_owner(found).shipping,
        labels=LABELS,
        tone=tone,
    )


@bp.post("/sell/consign/<number>/call-off")
@signed_in
def call_off(number: str) -> ResponseReturnValue:
    """She keeps them after all."""
    requesting.withdraw(finding.own(number, the_person()), by=the_person(), at=clock.now())
    flash(_("Called off. The label is void."), "ok")
    return redirect(url_for("consigned.consignment", number=number), 303)


# One piece -----------------------------------------------------------------------------------------------------------


def _own_piece(number: str, position: int) -> ConsignedPiece:
    return finding.piece_in(finding.own(number, the_person()), position)


def _page(
    piece: ConsignedPiece, *, other: OtherPriceForm | None = None, lower: LowerForm | None = None
) -> ResponseReturnValue:
    forms = {"other": other or OtherPriceForm(formdata=None), "lower": lower or LowerForm(formdata=None)}
    for form in forms.values():
        form.price.currency = piece.currency
    policy = terms.of_owner(piece.consignment)
    reason = policy.review.decline_reason(piece.decline_reason) if piece.decline_reason else None
    body = render_template(
        "seller/consigned_piece.html",
        piece=piece,
        label=LABELS[piece.state],
        tone=tone(piece.state),
        acts_next=PARTIES[ACTS_NEXT[piece.state]] if piece.state in ACTS_NEXT else None,
        net=terms.net_of(piece),
        rule=policy.modes.consignment,
        in_forms=_in_forms(piece, policy),
        offer=_offer(piece),
        reason=reason,
        choices=[(choice.value, CHOICES[choice]) for choice in examining.choices(piece)],
        grade=policy.condition.grade(piece.listing.grade).label if piece.listing and piece.listing.grade else None,
        can_counter=proposing.can_counter(piece),
        can_take_back=selling.can_take_back(piece),
        early_fee=terms.early_fee(piece, clock.now()),
        paid_on=estimating.payment_day(piece),
        public_path=public_path(piece.listing) if piece.state is PieceState.LIVE and piece.listing else None,
        is_live=_is_live(piece),
        custody=log.told(piece.number),
        **forms,
    )
    return body, 422 if any(form.errors for form in forms.values()) else 200


def _offer(piece: ConsignedPiece) -> Buyback | None:
    """At what we would buy the piece ourselves, where that may be taken now (LUX-74)."""
    standing = switching.offer_for(piece.id)
    return standing if standing is not None and switching.can_switch(standing) else None


def _is_live(piece: ConsignedPiece) -> bool:
    """Whether it is in the shop, and nobody pays for it right now."""
    listing = piece.listing
    return piece.state is PieceState.LIVE and listing is not None and listing.state is ListingState.LIVE


def _in_forms(piece: ConsignedPiece, policy: Policy) -> list[dict[str, Any]]:
    """What the proposal would come to in each form the programme pays in (NAP-02, BAL-07)."""
    found = terms.net_of(piece)
    if found is None:
        return []
    return [
        {
            "label": PAYOUT_FORMS[form],
            "total": found.payout + payout_forms.bonus(policy, form, found.payout),
            "bonus": payout_forms.of_form(policy, form).bonus_basis_points,
        }
        for form in payout_forms.open_forms(policy)
    ]


def _done(piece: ConsignedPiece, words: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for("consigned.piece", number=piece.consignment.number, position=piece.position), 303)


@bp.get("/sell/consign/<number>/<int:position>")
@signed_in
def piece(number: str, position: int) -> ResponseReturnValue:
    """Its state, who acts next and by when, the proposal with its build-up, and every verb there is."""
    return _page(_own_piece(number, position))


@bp.post("/sell/consign/<number>/<int:position>/accept")
@signed_in
def accept(number: str, position: int) -> ResponseReturnValue:
    """The proposal is fine."""
    found = _own_piece(number, position)
    proposing.accept(found, by=the_person(), at=clock.now())
    return _done(found, _("Accepted. It is in the shop."))


@bp.post("/sell/consign/<number>/<int:position>/counter")
@signed_in
def counter(number: str, position: int) -> ResponseReturnValue:
    """Another price, once."""
    found = _own_piece(number, position)
    found.machine.next_state(found.state, "counter")
    if not proposing.can_counter(found):
        raise proposing.NoCounter()
    return _priced(number, position, OtherPriceForm(), "other", proposing.counter, _("Your price is with us."))


def _priced(
    number: str,
    position: int,
    form: OtherPriceForm | LowerForm,
    shown_as: str,
    verb: Callable[..., object],
    said: str,
) -> ResponseReturnValue:
    """Carry a verb out with the price that was typed; what is wrong with it is said at its field."""
    found = _own_piece(number, position)
    form.price.currency = found.currency
    if not form.validate_on_submit() or form.price.amount is None:
        return _page(found, **{shown_as: form})
    try:
        verb(found, form.price.amount, by=the_person(), at=clock.now())
    except Refusal as refusal:
        if refusal.status != 422:
            raise
        form.price.errors = [str(refusal.message)]
        return _page(found, **{shown_as: form})
    return _done(found, said)


@bp.post("/sell/consign/<number>/<int:position>/refuse")
@signed_in
def refuse(number: str, position: int) -> ResponseReturnValue:
    """She would rather have it back."""
    found = _own_piece(number, position)
    proposing.refuse(found, by=the_person(), at=clock.now())
    return _done(found, _("We send it back to you."))


@bp.post("/sell/consign/<number>/<int:position>/choose")
@signed_in
def choose(number: str, position: int) -> ResponseReturnValue:
    """What becomes of a piece we did not take."""
    found, wanted = _own_piece(number, position), request.form.get("choice", "")
    if wanted not in list(Choice):
        raise examining.NoSuchChoice()
    charity = request.form.get("charity", "")[:40] or None
    examining.choose(found, Choice(wanted), charity=charity, by=the_person(), at=clock.now())
    return _done(found, _("Noted."))


@bp.post("/sell/consign/<number>/<int:position>/lower")
@signed_in
def lower(number: str, position: int) -> ResponseReturnValue:
    """A lower price, at once."""
    if not _is_live(_own_piece(number, position)):
        raise CannotReprice()
    return _priced(number, position, LowerForm(), "lower", selling.lower_price, _("The price is changed."))


@bp.post("/sell/consign/<number>/<int:position>/take-back")
@signed_in
def take_back(number: str, position: int) -> ResponseReturnValue:
    """She wants it back: out of the shop at once."""
    found = _own_piece(number, position)
    selling.take_back(found, by=the_person(), at=clock.now())
    return _done(found, _("It is out of the shop, and we send it back to you."))
