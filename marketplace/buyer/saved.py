"""What a person keeps in mind: saved pieces, saved searches, and what was seen last."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.buyer import cards, saved_here, seen
from marketplace.buyer.search_words import in_words
from marketplace.interests import saving, searches
from marketplace.interests.labels import LABELS
from marketplace.interests.models import Pace, SavedSearch
from marketplace.listings.criteria import Criteria
from marketplace.listings.finding import public_listing, public_listings, public_path
from marketplace.listings.states import PUBLIC
from marketplace.permissions import current_person, public, signed_in, the_person
from marketplace.programme import versions

bp = Blueprint("saved", __name__)


@bp.get("/account/saved")
@public
def saved() -> ResponseReturnValue:
    """Saved pieces with what they cost now, and saved searches; a visitor without an account sees this browser's."""
    person = current_person()
    if person is None:
        here = public_listings(saved_here.numbers())
        return render_template("buyer/saved.html", listings=cards.cards(here), searches=None)
    pieces = [row.listing for row in saving.saved_by(person) if row.listing.state in PUBLIC]
    return render_template(
        "buyer/saved.html",
        listings=cards.cards(pieces),
        searches=[_row(search) for search in searches.searches_of(person)],
        paces=[(pace.value, LABELS[pace]) for pace in Pace],
    )


def _row(search: SavedSearch) -> dict[str, Any]:
    path = url_for("shop.category", name=search.category) if search.category else url_for("shop.search")
    query = urlencode([(name, value) for name, value in search.asked])
    return {"search": search, "href": f"{path}?{query}" if query else path}


@bp.post("/account/saved/<number>")
@public
def save(number: str) -> ResponseReturnValue:
    """Keep a piece in mind: the person's, or until they sign in this browser's."""
    listing, person = public_listing(number), current_person()
    if person is None:
        saved_here.save(listing.number)
        flash(_("Saved in this browser. Sign in, and we write to you if it costs less."), "ok")
    else:
        saving.save(listing, by=person, at=clock.now())
        flash(_("Saved. We write to you if it costs less."), "ok")
    return redirect(public_path(listing), 303)


@bp.post("/account/saved/<number>/forget")
@public
def forget(number: str) -> ResponseReturnValue:
    """Let a piece go."""
    listing, person = public_listing(number), current_person()
    if person is None:
        saved_here.forget(listing.number)
    else:
        saving.forget(listing, by=person)
    flash(_("No longer saved."), "ok")
    return redirect(url_for("saved.saved"), 303)


@bp.post("/account/saved/searches")
@public
def save_search() -> ResponseReturnValue:
    """Keep a search and hear of new pieces, once a day unless asked otherwise; the same one again changes the pace.

    A visitor's waits in the browser until they sign in.
    """
    category = versions.current().policy.eligibility.category(request.form.get("category", ""))
    criteria = Criteria.read(request.form, category=category.key if category else None)
    person = current_person()
    if person is None:
        if saved_here.keep_search(criteria):
            flash(_("Sign in or join, and we write to you when new pieces match."), "info")
        else:
            flash(_("This search is too long to be kept here. Sign in first, then save it."), "info")
        return redirect(url_for("signing_in.sign_in", next=url_for("saved.saved")), 303)
    asked = request.form.get("pace")
    pace = Pace(asked) if asked in set(Pace) else Pace.DAILY
    searches.keep(criteria, label=in_words(criteria), pace=pace, by=person, at=clock.now())
    flash(_("Saved. We write to you when new pieces match."), "ok")
    return redirect(url_for("saved.saved"), 303)


@bp.post("/account/saved/searches/<int:search_id>/stop")
@signed_in
def stop_search(search_id: int) -> ResponseReturnValue:
    """Hear of it no more."""
    searches.stop(searches.own_search(search_id, the_person()), at=clock.now())
    flash(_("Stopped. No more letters about this search."), "ok")
    return redirect(url_for("saved.saved"), 303)


@bp.get("/account/interests")
@public
def interests() -> ResponseReturnValue:
    """What this browser saw last; nobody else is told, and it can be forgotten."""
    return render_template("buyer/interests.html", listings=cards.cards(public_listings(seen.numbers())))


@bp.post("/account/interests/forget")
@public
def forget_seen() -> ResponseReturnValue:
    """Forget what was seen."""
    seen.forget()
    return redirect(url_for("saved.interests"), 303)
