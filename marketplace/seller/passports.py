"""A piece that was bought here: its passport, and selling it on."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.listings.passports import Chapter, Passport, chapters, passport_of, start_resale
from marketplace.listings.showing import any_photo, detail
from marketplace.permissions import member, the_person
from marketplace.presentation import day
from marketplace.programme import versions
from marketplace.seller.next_steps import next_step
from marketplace.seller.wizard import steps

bp = Blueprint("passports", __name__)


@bp.get("/sell/passports/<int:item_id>")
@member
def passport(item_id: int) -> ResponseReturnValue:
    """Where the piece comes from, every time it was sold here, and whether it can be sold on."""
    found = passport_of(item_id, the_person())
    return render_template(
        "seller/passport.html",
        **passport_row(found),
        steps=[*_beginning(found), *(step for chapter in chapters(found.item) for step in _told(chapter))],
    )


@bp.post("/sell/passports/<int:item_id>/sell")
@member
def sell(item_id: int) -> ResponseReturnValue:
    """Begin to sell it on, or go on with what was begun."""
    listing = start_resale(item_id, by=the_person(), at=clock.now())
    return steps.go(listing.step, listing)


def passport_row(found: Passport) -> dict[str, Any]:
    """A piece as the list of purchases and its own page show it."""
    is_running = found.own is not None and found.refusal is not None
    return {
        "passport": found,
        "photo": any_photo(found.bought),
        "detail": detail(found.bought),
        "next": next_step(found.own) if found.own is not None and is_running else None,
        "why_not": found.refusal.message if found.refusal is not None and not is_running else None,
        "can_start": found.refusal is None,
        "href": url_for("passports.passport", item_id=found.item.id),
        "start_url": url_for("passports.sell", item_id=found.item.id),
    }


def _beginning(found: Passport) -> list[dict[str, Any]]:
    if found.bought_new_on is None:
        return []
    on = day(found.bought_new_on, year=True, weekday=False)
    return [{"title": _("Bought new from %(house)s", house=found.bought.house), "state": "done", "note": on}]


def _told(chapter: Chapter) -> list[dict[str, Any]]:
    policy = versions.current().policy
    grade = next((step.label for step in policy.condition.grades if step.key == chapter.grade), "")
    return [
        {"title": _("Reviewed by our team: %(grade)s", grade=grade), "state": "done", "at": chapter.reviewed_at},
        {"title": _("Sold here"), "state": "done", "at": chapter.sold_at},
    ]
