"""Where selling begins: what it is, and everything a member bought, each with what can be done with it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import selectinload

from marketplace.catalogue.models import Style
from marketplace.database import db
from marketplace.listings.eligibility import AlreadyListed, AlreadySold, Standing, standings
from marketplace.listings.passports import passports_of
from marketplace.listings.showing import photo
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.people.history import history
from marketplace.people.models import Purchase
from marketplace.permissions import current_person, member, public, the_person
from marketplace.programme import versions
from marketplace.seller.next_steps import next_step
from marketplace.seller.passports import passport_row

bp = Blueprint("purchases", __name__)


@bp.get("/sell")
@public
def sell() -> ResponseReturnValue:
    """What selling here is, for anyone; the way in for members, the way to become one for others (MK-02, MK-03)."""
    person = current_person()
    return render_template(
        "seller/sell.html",
        policy=versions.current().policy,
        is_member=person is not None and person.is_member,
        is_signed_in=person is not None,
    )


@bp.get("/sell/purchases")
@member
def purchases() -> ResponseReturnValue:
    """Everything bought under the loyalty account: sell it, listed already, or why not (MK-04, MK-22, MK-25)."""
    person = the_person()
    page = history(person, after=request.args.get("after"))
    pictures = _pictures(page.purchases)
    rows = [_row(standing, pictures) for standing in standings(page.purchases, person)]
    return render_template(
        "seller/purchases.html",
        rows=rows,
        bought_here=[] if request.args.get("after") else [passport_row(found) for found in passports_of(person)],
        older=url_for("purchases.purchases", after=page.older) if page.older else None,
        newer=url_for("purchases.purchases") if request.args.get("after") else None,
        policy=versions.current().policy,
    )


def _pictures(found: list[Purchase]) -> dict[str, dict[str, Any]]:
    """The library's first picture of each style that was bought, by style number."""
    numbers = {purchase.style_number for purchase in found}
    styles = db.session.scalars(sa.select(Style).where(Style.number.in_(numbers)).options(selectinload(Style.pictures)))
    return {style.number: photo(style.pictures[0], alt="") for style in styles if style.pictures}


def _ways_url(standing: Standing) -> str | None:
    """The page that compares the ways of selling this piece, where there is more than one."""
    modes, purchase = versions.current().policy.modes, standing.purchase
    is_hers = purchase.is_listable_history and not isinstance(standing.refusal, AlreadySold | AlreadyListed)
    if not is_hers or not (modes.consignment.is_on or modes.buyback.is_on):
        return None
    return url_for("ways.ways", purchase=purchase.id, unit=standing.unit)


def _row(standing: Standing, pictures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    purchase, listing = standing.purchase, standing.listing
    is_hers = listing is not None and listing.seller_id is not None
    is_running = is_hers and listing is not None and listing.state not in (ListingState.WITHDRAWN,)
    return {
        "purchase": purchase,
        "unit": standing.unit if purchase.quantity > 1 else None,
        "paid": Money(purchase.price_paid_minor, purchase.currency),
        "photo": pictures.get(purchase.style_number),
        "listing": listing if is_running else None,
        "next": next_step(listing) if listing is not None and is_running else None,
        "why_not": None if standing.refusal is None or is_running else standing.refusal.message,
        "start_url": url_for("wizard.start.start", purchase=purchase.id, unit=standing.unit),
        "form_id": f"start-listing-{purchase.id}-{standing.unit}",
        "can_start": standing.refusal is None,
        "ways_url": _ways_url(standing) if not is_running else None,
    }
