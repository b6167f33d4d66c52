"""Asking us for a quote: the form, what is known of the piece already, and its photos."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.buybacks import finding, requesting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.listings import photo_uploads
from marketplace.listings.models import Item, Listing
from marketplace.listings.photos import NoSuchSlot, photo_in, remove
from marketplace.listings.starting import item_of_purchase
from marketplace.listings.terms import of_seller
from marketplace.money import Money
from marketplace.orders.models import Order
from marketplace.people.history import purchase_of
from marketplace.people.models import Person, Purchase
from marketplace.permissions import signed_in, the_person
from marketplace.programme import Policy, versions
from marketplace.seller.quote_forms import QuoteForm

bp = Blueprint("ask_quote", __name__)


@bp.url_value_preprocessor
def _room(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint == "ask_quote.upload":
        photo_uploads.make_room(request)


def _policy() -> Policy:
    policy = versions.current().policy
    if not policy.modes.buyback.is_on:
        raise NotFound()
    return policy


def _number(name: str) -> int | None:
    """A number of the address; what is none is not there."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound()
    return int(text)


def _order(person: Person, policy: Policy) -> Order | None:
    """The order of this person's that is named in the address, where its piece may be offered (LUX-77)."""
    number = request.args.get("order", "")[:12]
    if not number:
        return None
    order = db.session.scalar(sa.select(Order).where(Order.number == number, Order.buyer_id == person.id))
    if order is None or not requesting.can_offer(order, policy.modes.buyback, person):
        raise NotFound()
    return order


def _purchase(person: Person) -> tuple[Purchase, int] | None:
    """The purchase and unit of this person's that are named in the address."""
    named = _number("purchase")
    if named is None:
        return None
    found, unit = purchase_of(person, named), _number("unit") or 1
    if found is None or not found.is_listable_history or unit > found.quantity:
        raise NotFound()
    return found, unit


def _known(order: Order | None, bought: Purchase | None) -> dict[str, Any]:
    """What is known of the piece already, so that nothing is asked twice."""
    if order is not None:
        style, listing = order.item.style, order.listing
        new = Money(style.list_price_minor, style.currency)
        said_of = {"title": listing.title, "house": listing.house, "category": listing.category}
        return {**said_of, "colour": listing.colour, "retail": new.plain}
    if bought is not None:
        category = versions.current().policy.eligibility.category(bought.category)
        new = Money(bought.list_price_minor, bought.currency)
        said_of = {"title": bought.title, "house": bought.house, "category": category.key if category else ""}
        return {**said_of, "colour": bought.colour, "retail": new.plain}
    return {}


@bp.route("/sell/quote", methods=["GET", "POST"])
@signed_in
def ask() -> ResponseReturnValue:
    """Describe the piece; what we do not buy is said at its field. Its photos come next."""
    policy, person = _policy(), the_person()
    order, bought = _order(person, policy), _purchase(person)
    form = QuoteForm(policy, _known(order, bought[0] if bought else None))
    if form.is_submitted() and all((form.validate(), form.is_taken())):
        item: Item | None = item_of_purchase(*bought, person) if bought else None
        made = requesting.request(
            form.wish,
            includes=form.includes.data or [],
            item=item,
            order=order,
            is_private=form.is_private.data,
            by=person,
            at=clock.now(),
        )
        return redirect(url_for("ask_quote.photos", number=made.number), 303)
    body = render_template("seller/quote_ask.html", form=form, policy=policy, rule=policy.modes.buyback, order=order)
    return body, 422 if form.errors else 200


# Photos --------------------------------------------------------------------------------------------------------------


def _draft(number: str) -> Listing:
    """The draft whose photos its owner may change: until the quote is made."""
    buyback = _own(number)
    if buyback.state is not BuybackState.SUBMITTED or buyback.listing is None:
        raise NotFound()
    return buyback.listing


@bp.get("/sell/quote/<number>/photos")
@signed_in
def photos(number: str) -> ResponseReturnValue:
    """The slots, each with its photo or a drawing of what to show."""
    return _photos_page(number, {})


def _photos_page(number: str, refused: Mapping[str, str]) -> ResponseReturnValue:
    listing, buyback = _draft(number), _own(number)
    policy = of_seller(listing)
    wanted = photo_uploads.slots(listing, policy)
    form = photo_uploads.photos_form(wanted, refused)
    body = render_template("seller/quote_photos.html", buyback=buyback, form=form, slots=wanted, policy=policy)
    return body, 422 if refused else 200


@bp.post("/sell/quote/<number>/photos")
@signed_in
def upload(number: str) -> ResponseReturnValue:
    """Take in the photos chosen, all of them or, from the page's script, one."""
    by_script = request.accept_mimetypes.best == "application/json"
    taken = photo_uploads.take(request.files, lambda: _draft(number), the_person)
    if by_script:
        return photo_uploads.answer_script(taken)
    if taken.refused:
        return _photos_page(number, taken.refused)
    if any(photo_uploads.said_of(one) for one in taken.kept.values()):
        return redirect(url_for("ask_quote.photos", number=number), 303)
    return _thanks(number)


@bp.post("/sell/quote/<number>/photos/<slot>/remove")
@signed_in
def take_out(number: str, slot: str) -> ResponseReturnValue:
    """Take the photo of one slot out again."""
    found = photo_in(_draft(number), slot)
    if found is None:
        raise NoSuchSlot()
    remove(found, by=the_person(), at=clock.now())
    return redirect(url_for("ask_quote.photos", number=number), 303)


def _thanks(number: str) -> ResponseReturnValue:
    flash(_("Thank you. Our quote comes next."), "ok")
    return redirect(url_for("quote.quote", number=number), 303)


def _own(number: str) -> Buyback:
    return finding.own(number, the_person())
