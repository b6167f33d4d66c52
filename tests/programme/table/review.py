"""What a reviewer looks at, and the reasons a reviewer can give."""

from __future__ import annotations

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings import review
from marketplace.listings.review import ChangeWanted, open_notes
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, words
from tests.programme.table.condition import INTERNAL

HELP_REVIEW = "/help/review"


def can_ask_because(reason: str, field: str = "photos") -> Behaviour:
    """A reviewer can give this reason, and the seller sees it beside this part of the listing."""

    def asks(scene: Scene) -> None:
        listing = world.submitted(world.a_complete_draft())
        reviewer, seen = an_account(roles=[Role.REVIEWER]), listing.submitted_at or clock.now()
        with unit_of_work():
            review.request_changes(listing, [ChangeWanted(reason)], seen=seen, by=reviewer, at=clock.now())
        assert [(note.reason, note.field) for note in open_notes(listing)] == [(reason, field)]

    return asks


def can_decline_because(reason: str) -> Behaviour:
    def declines(scene: Scene) -> None:
        listing = world.submitted(world.a_complete_draft())
        reviewer, seen = an_account(roles=[Role.REVIEWER]), listing.submitted_at or clock.now()
        with unit_of_work():
            review.decline(listing, reason, seen=seen, by=reviewer, at=clock.now())
        assert listing.state == "declined"

    return declines


ROWS = [
    words("review.checks[0].label", "Pictures", HELP_REVIEW),
    words("review.checks[0].text", "Nothing hidden, nothing flattered.", HELP_REVIEW),
    Row("review.change_reasons[0].key", "photo_poor", can_ask_because("photo_poor"), untold=INTERNAL),
    Row(
        "review.change_reasons[0].field",
        "description",
        can_ask_because("photo_unclear", "description"),
        untold="where on the seller's page the reason stands",
    ),
    words("review.change_reasons[0].label", "We cannot see it well", HELP_REVIEW),
    words("review.change_reasons[0].rule", "We have to see it well.", HELP_REVIEW),
    words("review.change_reasons[0].fix", "Open the curtains.", HELP_REVIEW),
    Row("review.decline_reasons[4].key", "our_choice", can_decline_because("our_choice"), untold=INTERNAL),
    words("review.decline_reasons[0].label", "Not this season", HELP_REVIEW),
    words("review.decline_reasons[0].text", "We wait a season before we take these.", HELP_REVIEW),
]
