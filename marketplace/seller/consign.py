"""Asking us to sell: several pieces on one form, then one label for all of them."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import DateField, FieldList, FormField, SelectField, StringField
from wtforms import Form as PlainForm
from wtforms.fields import SelectChoice
from wtforms.validators import Optional

from marketplace import clock
from marketplace.consignments import finding
from marketplace.consignments.requesting import check_piece
from marketplace.consignments.requesting import request as ask
from marketplace.custody.taking import CannotCollectThen, PieceNotTaken, Wish
from marketplace.errors import NotFound
from marketplace.form_fields import MoneyField
from marketplace.listings.ship_from import last_address
from marketplace.people.models import Person
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
from marketplace.seller.labels import as_label
from marketplace.shipping import parcels
from marketplace.shipping.address_form import ShipFromForm
from marketplace.shipping.postal import PostalAddress
from marketplace.text import PlainText

bp = Blueprint("consign", __name__)


class PieceForm(PlainForm):  # type: ignore[misc]
    """One piece as its owner describes it."""

    title = StringField(_l("What it is"), [PlainText(120)], description=_l("Such as: Greenwich satchel"))
    house = StringField(_l("House"), [PlainText(60)])
    category = SelectField(_l("Kind"), validate_choice=False)
    colour = StringField(_l("Color"), [PlainText(40)])
    grade = SelectField(_l("Condition"), validate_choice=False)
    retail = MoneyField(_l("Price when new"))
    hoped = MoneyField(_l("What you hope to receive"), required=False)
    words = StringField(_l("Anything we should know"), [PlainText(500, required=False)])


class ConsignForm(ShipFromForm):
    """The pieces, and where they are."""

    pieces = FieldList(FormField(PieceForm), max_entries=40)  # the most any policy lets into one parcel
    collect_on = DateField(
        _l("Collect on"), [Optional()], description=_l("Leave it empty to hand the parcel in yourself.")
    )

    def __init__(self, policy: Policy, person: Person, *, wants_more: bool) -> None:
        known = last_address(person)
        postal = PostalAddress.of(known.postal) if known else PostalAddress(person.name, "", "", "", "")
        super().__init__(address=postal)
        rule = policy.modes.consignment
        count = min(max(rule.min_pieces, len(self.pieces) + wants_more), rule.max_pieces)
        while len(self.pieces) < count:
            self.pieces.append_entry()
        groups = {group.key: group for group in policy.eligibility.groups}
        kinds = [SelectChoice(one.key, one.label) for one in policy.eligibility.categories if one.group in groups]
        grades = [SelectChoice(grade.key, grade.label) for grade in policy.condition.grades]
        for entry in self.pieces:
            entry.category.choices = [SelectChoice("", _l("Choose one")), *kinds]
            entry.grade.choices = [SelectChoice("", _l("Choose one")), *grades]
            entry.retail.currency = entry.hoped.currency = policy.market.currency

    def pieces_are_taken(self, policy: Policy) -> bool:
        """Say at each piece that we do not sell why we do not; whatever else is wrong is said as well."""
        taken = True
        for entry in self.pieces:
            try:
                said = {name: entry[name].data or "" for name in ("house", "category", "grade")}
                check_piece(policy, **said)
            except PieceNotTaken as refusal:
                field = entry[refusal.field]
                field.errors = field.errors or [str(refusal.message)]
                taken = False
        return taken

    @property
    def wishes(self) -> list[Wish]:
        return [
            Wish(
                house=entry.house.data,
                category=entry.category.data,
                title=entry.title.data,
                colour=entry.colour.data,
                grade=entry.grade.data,
                retail=entry.retail.amount,
                hoped=entry.hoped.amount,
                words=entry.words.data or "",
            )
            for entry in self.pieces
        ]


def _policy() -> Policy:
    policy = versions.current().policy
    if not policy.modes.consignment.is_on:
        raise NotFound()
    return policy


@bp.route("/sell/consign", methods=["GET", "POST"])
@signed_in
def consign() -> ResponseReturnValue:
    """Describe the pieces; what we do not sell is said at the piece, and nothing is sent before."""
    policy, person = _policy(), the_person()
    form = ConsignForm(policy, person, wants_more="add" in request.form)
    if "add" in request.form:
        return _page(form, policy)
    is_sent = form.is_submitted()
    if is_sent and all((form.validate(), form.pieces_are_taken(policy))) and form.carrier_accepts() and form.postal:
        try:
            made = ask(form.wishes, ships_from=form.postal, collect_on=form.collect_on.data, by=person, at=clock.now())
        except CannotCollectThen as refusal:
            form.collect_on.errors = [str(refusal.message)]
        else:
            return redirect(url_for("consigned.consignment", number=made.number), 303)
    return _page(form, policy), 422 if _has_errors(form) else 200


def _has_errors(form: ConsignForm) -> bool:
    return bool(form.errors) or any(entry.errors for entry in form.pieces)


def _page(form: ConsignForm, policy: Policy) -> str:
    rule = policy.modes.consignment
    more = len(form.pieces) < rule.max_pieces
    return render_template("seller/consign.html", form=form, policy=policy, rule=rule, more=more)


@bp.get("/sell/consign/<number>/label.pdf")
@signed_in
def label(number: str) -> ResponseReturnValue:
    """The one label of a consignment (NAP-21), for its owner alone."""
    return as_label(parcels.inbound_parcel(finding.own(number, the_person()).number))
