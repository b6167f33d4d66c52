"""What we sell for somebody: every piece with its state, what she may do, and when she is paid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.buybacks import switching
from marketplace.buybacks.finding import of_item
from marketplace.buybacks.models import Buyback
from marketplace.channels.models import ChannelSale
from marketplace.consignments import (
    estimating,
    examining,
    finding,
    proposing,
    requesting,
    selling,
    smart_pricing,
    standing,
    terms,
)
from marketplace.consignments.labels import CHOICES, TURNS
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.standing import Standing
from marketplace.consignments.states import ACTS_NEXT, OWED, UNPRICED, Choice, PieceState
from marketplace.custody import arranged_words, billing, fees, log, owners_photos
from marketplace.database import db
from marketplace.errors import NotFound, Refusal
from marketplace.form_fields import Form, MoneyField
from marketplace.listings.finding import public_path
from marketplace.listings.showing import any_photo, photo
from marketplace.listings.states import CannotReprice, ListingState
from marketplace.payouts import choosing, gates
from marketplace.payouts import forms as payout_forms
from marketplace.payouts.models import PayoutForm, PayoutState
from marketplace.payouts.words import PAYOUT_FORMS
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
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
    consignments, takes_more = finding.of(the_person()), versions.current().policy.modes.consignment.is_on
    if not consignments and not takes_more:
        raise NotFound()
    pieces = _rows([piece for one in consignments for piece in one.pieces])
    pieces.sort(key=lambda row: (not row["is_mine"], row["piece"].is_over))
    has_draft = finding.draft_of(the_person()) is not None
    return render_template("seller/consigned.html", pieces=pieces, has_draft=has_draft, takes_more=takes_more)


def _rows(pieces: Sequence[ConsignedPiece]) -> list[dict[str, Any]]:
    stands = standing.of_all(pieces)
    return [_row(piece, stands[piece.id]) for piece in pieces]


def _row(piece: ConsignedPiece, stands: Standing) -> dict[str, Any]:
    hers = (PieceState.REQUESTED, PieceState.PROPOSED, PieceState.DECLINED)
    return {
        "piece": piece,
        "stands": stands,
        "lacks_papers": _waits_for_papers(piece, stands),
        "href": url_for("consigned.piece", number=piece.consignment.number, position=piece.position),
        "photo": any_photo(piece.listing) if piece.listing and piece.listing.photos else None,
        "is_mine": piece.state in hers or stands.came_back or _waits_for_papers(piece, stands),
        "net": _net(piece),
        "paid_on": estimating.payment_day(piece, stands),
        "next_step": next(iter(_smart(piece)), None) if piece.state is PieceState.LIVE else None,
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
        pieces=_rows(found.pieces),
        parcel=parcel,
        has_label=parcel is not None and parcel.tracking_number is not None,
        can_call_off=all(piece.state is PieceState.REQUESTED for piece in found.pieces),
        rule=terms.of_owner(found).modes.consignment,
        comes=arranged_words.told(found, versions.current().policy),
        drop_off=terms.of_owner(found).shipping.drop_off,
    )


@bp.post("/sell/consign/<number>/call-off")
@signed_in
def call_off(number: str) -> ResponseReturnValue:
    """She keeps them after all."""
    requesting.withdraw(finding.own(number, the_person()), by=the_person(), at=clock.now())
    flash(_("Called off. You keep your pieces."), "ok")
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
    stands = standing.of(piece)
    body = render_template(
        "seller/consigned_piece.html",
        piece=piece,
        stands=stands,
        turn=TURNS[ACTS_NEXT[piece.state]] if piece.state in ACTS_NEXT else None,
        lacks_papers=_waits_for_papers(piece, stands),
        net=_net(piece),
        rule=policy.modes.consignment,
        in_forms=_in_forms(piece, policy),
        offer=_offer(piece),
        reason=reason,
        choices=[(choice.value, CHOICES[choice]) for choice in examining.choices(piece)],
        grade=policy.condition.grade(piece.listing.grade).label if piece.listing and piece.listing.grade else None,
        can_counter=proposing.can_counter(piece),
        can_take_back=selling.can_take_back(piece),
        early_fee=terms.early_fee(piece, clock.now()),
        smart=_smart(piece),
        paid_on=estimating.payment_day(piece, stands),
        paid_if_bought=estimating.day_if_bought(piece, at=clock.now()),
        sold_on=_sold_on(piece),
        public_path=public_path(piece.listing) if piece.state is PieceState.LIVE and piece.listing else None,
        is_live=_is_live(piece),
        fee_bill=billing.bill_of(piece),
        fee_back=fees.given_back(piece),
        waits_for_fee=piece.state is PieceState.GOING_BACK and not selling.may_hand_back(piece),
        charity=policy.modes.consignment.charity(piece.charity) if piece.charity else None,
        custody=log.told(piece.number, until=_ours_since(piece)),
        photos=[photo(one, alt=piece.title) for one in owners_photos.of(piece.item_id, piece.consignment.owner_id)],
        can_show=piece.state is PieceState.REQUESTED and piece.listing is not None,
        **forms,
    )
    return body, 422 if any(form.errors for form in forms.values()) else 200


def _ours_since(piece: ConsignedPiece) -> datetime | None:
    """When she sold it to us instead, if she did: where it goes from then on is no affair of hers."""
    bought = of_item(piece.item_id) if piece.state is PieceState.SOLD_TO_US and piece.item_id else None
    return bought.bought_at if bought else None


def _waits_for_papers(piece: ConsignedPiece, stands: Standing) -> bool:
    """Whether its payment is owed by bank, and something is missing before anything can be sent there."""
    if piece.state not in OWED and stands.payment is not PayoutState.DUE:
        return False
    policy = terms.of_owner(piece.consignment)
    form = choosing.preference_of(the_person()) or payout_forms.open_forms(policy)[0]
    return form is PayoutForm.CASH and bool(gates.missing(the_person().id, at=clock.now()))


def _smart(piece: ConsignedPiece) -> list[smart_pricing.Step]:
    """The steps of Smart Pricing: those to come of a piece in the shop, or what they would be, while she may choose."""
    if piece.state is PieceState.LIVE:
        return smart_pricing.steps(piece, begins_at=clock.now()) if piece.next_cut_at is not None else []
    may_choose = piece.state is PieceState.PROPOSED and smart_pricing.can_choose(piece)
    return smart_pricing.steps(piece, begins_at=clock.now()) if may_choose else []


def _sale_elsewhere(piece: ConsignedPiece) -> ChannelSale | None:
    """Its sale on an outside marketplace; None where it was sold here, or not at all."""
    is_sold = piece.state in (PieceState.SOLD, PieceState.PAYABLE, PieceState.PAID)
    return db.session.get(ChannelSale, piece.channel_sale_id) if is_sold and piece.channel_sale_id else None


def _sold_on(piece: ConsignedPiece) -> str | None:
    """What that marketplace is called."""
    sale = _sale_elsewhere(piece)
    outlet = versions.current().policy.channels.outlet(sale.outlet) if sale else None
    return outlet.name if outlet else None


def _net(piece: ConsignedPiece) -> terms.Net | None:
    """Her share of the price on the table; of what it brought, where an outside marketplace sold it for more; None
    where no price stands.
    """
    if piece.state in UNPRICED:
        return None
    sale = _sale_elsewhere(piece)
    return terms.net_of(piece, sale.price if sale else None)


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
    is_smart = request.form.get("smart") == "1"
    proposing.accept(found, smart=is_smart, by=the_person(), at=clock.now())
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


@bp.post("/sell/consign/<number>/<int:position>/stop-smart-pricing")
@signed_in
def stop_smart_pricing(number: str, position: int) -> ResponseReturnValue:
    """No further step."""
    found = _own_piece(number, position)
    smart_pricing.stop(found, by=the_person(), at=clock.now())
    return _done(found, _("Smart Pricing has stopped. The price stays as it is."))


@bp.post("/sell/consign/<number>/<int:position>/take-back")
@signed_in
def take_back(number: str, position: int) -> ResponseReturnValue:
    """She wants it back: out of the shop at once."""
    found = _own_piece(number, position)
    selling.take_back(found, by=the_person(), at=clock.now())
    return _done(found, _("It is out of the shop, and we send it back to you."))
