"""Checkout: an address, the total with tax, one payment. Every step works without script and twice over."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from marketplace import clock, database
from marketplace.buyer import bags, cards
from marketplace.buyer.checkout_forms import CheckoutForm
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.events import Actor, ActorKind
from marketplace.jobs.outbox import Misused, NotDone, OutcomeUnknown
from marketplace.listings.models import Listing
from marketplace.listings.piece import alike
from marketplace.listings.states import ListingState, NotAvailable
from marketplace.money import Money
from marketplace.orders import checkouts, credit, tax
from marketplace.orders.models import Checkout
from marketplace.orders.states import CheckoutState
from marketplace.payments import attempts, opening
from marketplace.payments.gateway import PageRefused
from marketplace.payments.models import PaymentAttempt
from marketplace.people import accounts
from marketplace.people.models import Person
from marketplace.permissions import current_person, guest_or_person, public, remember_guest
from marketplace.programme import versions
from marketplace.programme.language import spoken_now

log = logging.getLogger(__name__)

bp = Blueprint("checkout", __name__)

OWN = "checkouts"  # session: the numbers of this browser's own checkouts
MOST_REMEMBERED = 10
# There is no tax that could be shown, so nothing that could be charged.
TAX_AWAY = (NotDone, OutcomeUnknown, Misused, tax.TaxRefused)


def _buyable() -> list[Listing]:
    """The pieces of the bag that can be bought, with who sells them and where they leave from."""
    found = bags.listings(joinedload(Listing.seller), joinedload(Listing.ships_from))
    return [listing for listing in found if listing.state is ListingState.LIVE]


def _remember(checkout: Checkout) -> None:
    """Let this browser come back to its checkout, and its guest to the orders; whichever answer it keeps of two."""
    if current_person() is None and not checkout.buyer.is_account:
        remember_guest(checkout.buyer)
    kept = [number for number in session.get(OWN, []) if number != checkout.number]
    session[OWN] = [*kept, checkout.number][-MOST_REMEMBERED:]


_BY_NUMBER = sa.select(Checkout).where(Checkout.number == sa.bindparam("number"))


def own_checkout(number: str) -> Checkout:
    """The checkout of that number, where it is this browser's or this person's; else ``NotFound``."""
    checkout = db.session.scalar(_BY_NUMBER, {"number": number})
    person = current_person()
    if checkout is None:
        raise NotFound()
    if number not in session.get(OWN, []) and (person is None or checkout.buyer_id != person.id):
        raise NotFound()
    return checkout


@bp.get("/checkout")
@public
def address() -> ResponseReturnValue:
    """Where it goes and who pays."""
    pieces = _buyable()
    if not pieces:
        return redirect(url_for("bag.bag"), 303)
    form = CheckoutForm(data={"form_token": secrets.token_hex(16), "uses_credit": True})
    person = current_person()
    if person is not None and not form.email.data:
        form.email.data, form.name.data = person.email, person.name
    return _ask(form, pieces)


def _ask(form: CheckoutForm, pieces: Sequence[Listing], status: int = 200) -> ResponseReturnValue:
    prices = cards.prices_to(pieces, _buyer_id())
    lines, person = [(listing.title, prices[listing.id]) for listing in pieces], current_person()
    page = render_template("buyer/checkout.html", form=form, lines=lines, signed_in=person, own_credit=_own_credit())
    return page, status


def _own_credit() -> Money:
    """What the person signed in may pay with here; a guest has none (NAP-44, NAP-45)."""
    person, currency = current_person(), versions.current().policy.market.currency
    return Money.zero(currency) if person is None else credit.within_reach(person.id, currency, at=clock.now())


@bp.post("/checkout")
@public
def offer() -> ResponseReturnValue:
    """Check the address, ask for the tax, write the offer down, show it."""
    form = CheckoutForm()
    pieces = _buyable()
    if not pieces:
        return redirect(url_for("bag.bag"), 303)
    if not form.validate_on_submit() or not form.carrier_accepts() or form.postal is None:
        return _ask(form, pieces, 422)
    checkouts.check_pieces(pieces, buyer_id=_buyer_id())
    wants_credit, token = form.uses_credit.data, form.form_token.data or secrets.token_hex(16)
    token = checkouts.offer_token(token, form.postal.mapping, pieces, wants_credit)
    to = (form.postal.mapping, form.email.data or "", form.postal.name)
    try:
        checkout = _open(pieces, *to, token, uses_credit=wants_credit)
    except tax.AddressNotTaxable as nowhere:
        form.postcode.errors = [str(nowhere.message)]
        return _ask(form, pieces, nowhere.status)
    except TAX_AWAY as trouble:
        log.error("no tax quote", extra={"trouble": str(trouble)[:200]})
        flash(_tax_away())
        return _ask(form, pieces, 409)
    return redirect(url_for("checkout.review", number=checkout.number), 303)


def _tax_away() -> str:
    return str(_("We cannot work out the sales tax right now. Nothing is reserved or charged; try again in a minute."))


def _buyer_id() -> int | None:
    person = current_person()
    return person.id if person else None


def _open(
    pieces: Sequence[Listing], ship_to: dict[str, str], email: str, name: str, form_token: str, *, uses_credit: bool
) -> Checkout:
    """Quote the tax outside any transaction, then write the offer down. Without a quote nothing is written.

    Store credit pays for orders of the person it is bound to, and of nobody else (NAP-44).
    """
    lines = checkouts.tax_lines(pieces, buyer_id=_offering_id(email))
    on = clock.now().date()
    database.finish()
    quote = tax.adapter().quote(lines, ship_to, on, form_token)
    database.queue_behind(form_token)  # the same form sent twice at once is one offer
    known = db.session.scalar(sa.select(Checkout).where(Checkout.form_token == form_token))
    buyer = known.buyer if known else _buyer(email, name)
    checkout = checkouts.open_checkout(
        buyer=buyer,
        listings=pieces,
        ship_to=ship_to,
        quote=quote,
        form_token=form_token,
        uses_credit=uses_credit and buyer.id == _buyer_id(),
        at=clock.now(),
    )
    _remember(checkout)
    return checkout


def _offering_id(email: str) -> int | None:
    """Whose agreed prices count: the buyer ``_buyer`` will find. A new guest has agreed on none."""
    person = guest_or_person()
    return person.id if person is not None and person.email == email.lower() else None


def _buyer(email: str, name: str) -> Person:
    """The person signed in, the guest this browser is, or a new guest."""
    person = guest_or_person()
    if person is not None and person.email == email.lower():
        return person
    return accounts.guest(email=email.lower(), name=name, at=clock.now(), language=spoken_now())


@bp.get("/checkout/<number>")
@public
def review(number: str) -> ResponseReturnValue:
    """The whole offer: pieces, shipping, tax, total, address; one button pays."""
    checkout = own_checkout(number)
    if checkout.state is CheckoutState.PAID:
        return redirect(url_for("checkout.returned", number=number), 303)
    is_own = checkout.buyer_id == _buyer_id() and checkouts.can_choose_credit(checkout)
    return render_template(
        "buyer/review.html",
        checkout=checkout,
        policy=versions.current().policy,
        own_credit=_own_credit() if is_own else None,
    )


@bp.post("/checkout/<number>/credit")
@public
def use_credit(number: str) -> ResponseReturnValue:
    """Pay with store credit first, or not: the total is shown anew."""
    checkout = own_checkout(number)
    if checkout.buyer_id != _buyer_id():
        raise NotFound()
    checkouts.use_credit(checkout, request.form.get("uses_credit") == "y", at=clock.now())
    return redirect(url_for("checkout.review", number=number), 303)


def _payable(number: str) -> Checkout:
    """This browser's own checkout; where credit pays, its buyer has to be signed in (NAP-44)."""
    checkout = own_checkout(number)
    if checkout.credit and checkout.buyer_id != _buyer_id():
        raise NotFound()
    return checkout


@bp.post("/checkout/<number>/pay")
@public
def pay(number: str) -> ResponseReturnValue:
    """Hold the pieces and the credit, open the provider's page, go there. Twice is harmless (fault B01)."""
    checkout = _payable(number)
    if checkout.state is not CheckoutState.OPEN:
        return redirect(url_for("checkout.returned", number=number), 303)
    for earlier in _earlier_of(checkout):
        _give_up(earlier)
    return_url = current_app.config["SETTINGS"].public_url + url_for("checkout.returned", number=number)
    by = Actor(ActorKind.PERSON, checkout.buyer_id)
    try:
        attempt = checkouts.start_payment(checkout, return_url=return_url, by=by, at=clock.now())
    except (checkouts.PriceChanged, checkouts.TaxOutOfDate, credit.CreditChanged) as changed:
        database.abandon()
        return _offer_anew(number, str(changed.message))
    except NotAvailable as gone:
        database.abandon()
        return _just_sold(number, gone)
    if attempt is None:  # store credit has paid everything
        return redirect(url_for("checkout.returned", number=number), 303)
    if attempt.page_url:
        return redirect(attempt.page_url, 303)
    attempt_id, was_tried = attempt.id, attempt.started_at < clock.now()
    wanted = (attempt.request, attempt.key, attempt.expires_at)
    database.finish()
    try:
        page = opening.page_of(*wanted, was_tried=was_tried)
    except (NotDone, OutcomeUnknown, Misused) as trouble:
        log.error(
            "no payment page", extra={"attempt": attempt_id, "reason": f"{type(trouble).__name__}: {trouble}"[:200]}
        )
        if isinstance(trouble, Misused):
            attempts.report_misuse(attempt_id, at=clock.now())
        flash(_("The payment page cannot be reached right now. Nothing was charged; try again in a minute."))
        return redirect(url_for("checkout.review", number=number), 303)
    except PageRefused as no:  # most often an attempt so late that its page would be open for too short a time
        log.error("payment page refused", extra={"attempt": attempt_id, "reason": str(no)[:200]})
        _give_up(number)
        return _offer_anew(number, _("The payment page did not open. Nothing was charged: here is your offer anew."))
    attempts.record_page(attempt_id, page, at=clock.now())
    return redirect(page.url, 303)


def _earlier_of(checkout: Checkout) -> list[str]:
    """Other unpaid checkouts of this buyer or this browser whose payment page stands open: they hold pieces."""
    own = sa.or_(Checkout.buyer_id == checkout.buyer_id, Checkout.number.in_(session.get(OWN, [])))
    return list(
        db.session.scalars(
            sa.select(Checkout.number).where(
                own, Checkout.id != checkout.id, Checkout.state == CheckoutState.OPEN, attempts.stands_open(Checkout.id)
            )
        )
    )


def _give_up(number: str) -> None:
    """End an earlier payment page at the provider, outside any transaction, and release what it held."""
    earlier = db.session.scalars(sa.select(Checkout).where(Checkout.number == number)).one()
    attempt = attempts.open_attempt_of(earlier.id)
    if attempt is None:
        return
    attempt_id = attempt.id
    database.finish()
    try:
        report = attempts.ask_provider(attempt, ending=True)
    except (NotDone, OutcomeUnknown, Misused, LookupError):
        return  # It ends by its own deadline.
    attempts.apply(db.session.get_one(PaymentAttempt, attempt_id), report, at=clock.now())
    database.finish()


def _offer_anew(number: str, why: str) -> ResponseReturnValue:
    """A price or its tax has changed: the same pieces and address as a new offer, said plainly (fault B05)."""
    stale = own_checkout(number)
    pieces = [order.listing for order in stale.orders]
    for piece in pieces:
        bags.put_in(piece.number)
    try:
        to, uses_credit = (stale.ship_to, stale.email, stale.ship_to["name"]), bool(stale.credit)
        fresh = _open(pieces, *to, secrets.token_hex(16), uses_credit=uses_credit)
    except (tax.AddressNotTaxable, *TAX_AWAY) as trouble:
        log.error("no tax quote", extra={"trouble": str(trouble)[:200]})
        flash(_tax_away())
        return redirect(url_for("checkout.review", number=number), 303)
    flash(why)
    return redirect(url_for("checkout.review", number=fresh.number), 303)


def _just_sold(number: str, gone: NotAvailable) -> ResponseReturnValue:
    """Somebody was first: a calm page, nothing charged, what comes close (fault B02)."""
    checkout = own_checkout(number)
    page = render_template(
        "buyer/just_sold.html", message=gone.message, similar=cards.cards(alike(checkout.orders[0].listing, 8))
    )
    return page, 409


@bp.get("/checkout/<number>/return")
@public
def returned(number: str) -> ResponseReturnValue:
    """Where the provider sends the buyer back to: it changes nothing, it says where the payment stands."""
    checkout = own_checkout(number)
    if checkout.state is CheckoutState.PAID:
        paid = [order for order in checkout.orders if order.paid_at is not None]
        bags.take_out(*(order.listing.number for order in checkout.orders))
        return render_template("buyer/thank_you.html", checkout=checkout, orders=paid)
    attempt = attempts.open_attempt_of(checkout.id)
    page = render_template("buyer/payment_state.html", checkout=checkout, waiting=attempt is not None)
    # Without script the page asks again by itself until the provider's word has arrived.
    return page, 200, {"Refresh": "3"} if attempt is not None else {}
