"""How a piece is described and shown: condition, photos, and the review of both."""

from __future__ import annotations

from typing import Any

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.listings import completeness, drafting, flaws, photos, review
from marketplace.listings.condition import GradeAboveCap, GradeNotAccepted, UnknownFlaw, check_grade
from marketplace.listings.photo_quality import Shortcoming
from marketplace.listings.photo_refusals import PhotoTooLarge, PhotoTooManyPixels
from marketplace.listings.review import ChangeWanted, open_notes
from marketplace.listings.suggestion import suggestion_for
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.photos import phone_photo
from tests.programme import world
from tests.programme.policies import preloved, value_at
from tests.programme.rows import Behaviour, Row, Scene, refusing, words

GRADES, HELP_PHOTOS, HELP_REVIEW = "/condition", "/help/photos", "/help/review"
PRICING = "/help/pricing"
INTERNAL = "a word for records; its label is what people read"
MEGABYTE = 1024 * 1024


def renamed(rows: str, index: int, to: str, *referring: str) -> dict[str, Any]:
    """What else has to change when the key of a row changes: every place that names it."""
    old = value_at(preloved(), f"{rows}[{index}].key")
    changes: dict[str, Any] = {}
    for place in referring:
        listed, field = place.rsplit("[].", 1)
        for at, row in enumerate(value_at(preloved(), listed)):
            if row[field] == old:
                changes[f"{listed}[{at}].{field}"] = to
            elif isinstance(row[field], (list, tuple)) and old in row[field]:
                changes[f"{listed}[{at}].{field}"] = [to if key == old else key for key in row[field]]
    return changes


# Condition -----------------------------------------------------------------------------------------------------------


def suggested(minor: int, grade: str = "excellent") -> Behaviour:
    """What is suggested for a piece bought for $300 fourteen months ago."""

    def suggests(scene: Scene) -> None:
        found = suggestion_for(world.graded(world.a_draft(), grade), at=clock.now())
        assert found is not None
        assert found.price.minor == minor

    return suggests


def can_choose(grade: str) -> Behaviour:
    def chooses(scene: Scene) -> None:
        assert world.graded(world.a_draft(), grade).grade == grade

    return chooses


def cannot_choose_good(scene: Scene) -> None:
    draft = world.a_draft()
    with refusing(GradeNotAccepted):
        world.graded(draft, "good")
    assert draft.grade is None


def can_note(part: str, kind: str, severity: str) -> Behaviour:
    def notes(scene: Scene) -> None:
        listing = world.a_draft()
        try:
            flaw = world.a_flaw(listing, part, kind, severity)
        except UnknownFlaw as why:
            raise AssertionError(why) from why
        assert listing.flaws == [flaw]

    return notes


def cannot_note(part: str, kind: str, severity: str) -> Behaviour:
    def refuses(scene: Scene) -> None:
        listing = world.a_draft()
        with refusing(UnknownFlaw):
            world.a_flaw(listing, part, kind, severity)
        assert listing.flaws == []

    return refuses


def exterior_needs_no_photo(scene: Scene) -> None:
    flaw = world.a_flaw(world.a_draft(), "exterior", "scratch", "light")
    assert not flaws.needs_photo(flaw, world.policy())


def allows(grade: str, part: str, kind: str, severity: str) -> Behaviour:
    """A piece with such a flaw may still be called this."""

    def may_be(scene: Scene) -> None:
        listing = world.a_draft()
        world.a_flaw(listing, part, kind, severity)
        assert check_grade(grade, listing.flaws, world.policy().condition).key == grade

    return may_be


def forbids(grade: str, part: str, kind: str, severity: str) -> Behaviour:
    def may_not_be(scene: Scene) -> None:
        listing = world.a_draft()
        world.a_flaw(listing, part, kind, severity)
        with refusing(GradeAboveCap):
            world.graded(listing, grade)
        assert listing.grade is None

    return may_not_be


def comes_with(key: str) -> Behaviour:
    def ticks(scene: Scene) -> None:
        try:
            listing = world.detailed(world.a_draft(), includes=[key])
        except drafting.UnknownAccessory as why:
            raise AssertionError(why) from why
        assert listing.includes == [key]

    return ticks


CONDITION = [
    Row(
        "condition.grades[1].key",
        "lovely",
        can_choose("lovely"),
        page=GRADES,
        says='id="lovely"',
        also=renamed("condition.grades", 1, "lovely", "condition.flaw_caps[].highest_grade"),
    ),
    words("condition.grades[1].label", "Beautiful", GRADES, PRICING),
    words("condition.grades[1].definition", "As if it had lived in a drawer.", GRADES),
    Row("condition.grades[1].suggestion_basis_points", 7000, suggested(19_500), page=PRICING, says="70%"),
    Row("condition.grades[1].suggestion_is_fixed", True, suggested(18_000), page=PRICING, says="60%, whatever its age"),
    Row(
        "condition.grades[2].refusal",
        "We have plenty of these.",
        cannot_choose_good,
        page=GRADES,
        says="We have plenty of these.",
    ),
    Row(
        "condition.parts[0].key",
        "outside",
        can_note("outside", "scratch", "light"),
        untold=INTERNAL,
        also=renamed("condition.parts", 0, "outside", "condition.flaw_kinds[].parts"),
    ),
    words("condition.parts[0].label", "Outer leather", GRADES),
    words("condition.parts[0].clean", "As new", GRADES, says="Without a flaw: as new"),
    Row(
        "condition.parts[0].is_photographed",
        False,
        exterior_needs_no_photo,
        page=GRADES,
        says="Exterior (described without a photo)",
    ),
    Row("condition.flaw_kinds[0].key", "scrape", can_note("exterior", "scrape", "light"), untold=INTERNAL),
    words("condition.flaw_kinds[0].label", "Scrape or cut", GRADES, says="Exterior: scrape or cut,"),
    Row(
        "condition.flaw_kinds[0].parts",
        ["exterior"],
        cannot_note("corners", "scratch", "light"),
        page=GRADES,
        says="Corners and edges: scuff",
    ),
    Row(
        "condition.severities[0].key",
        "faint",
        can_note("exterior", "scratch", "faint"),
        untold=INTERNAL,
        also=renamed("condition.severities", 0, "faint", "condition.flaw_caps[].severity"),
    ),
    words("condition.severities[0].label", "Barely there", GRADES),
    words("condition.severities[0].definition", "Found with a fingertip", GRADES),
    Row(
        "condition.flaw_caps[0].highest_grade",
        "good",
        forbids("excellent", "exterior", "scratch", "light"),
        page=GRADES,
        says="Light: any flaw Good",
    ),
    Row(
        "condition.flaw_caps[0].severity",
        "clear",
        allows("new_with_tags", "exterior", "scratch", "light"),
        page=GRADES,
        says="Clear: any flaw Excellent",
    ),
    Row(
        "condition.flaw_caps[3].kind",
        "stain",
        allows("excellent", "lining", "tear", "light"),
        page=GRADES,
        says="Light: stain or mark Good",
    ),
    Row(
        "condition.flaw_caps[0].part",
        "corners",
        allows("new_with_tags", "exterior", "scratch", "light"),
        page=GRADES,
        says="Light: any flaw (corners and edges) Excellent",
    ),
    Row("condition.comes_with[0].key", "pouch", comes_with("pouch"), untold=INTERNAL),
    words("condition.comes_with[0].label", "Flannel pouch", GRADES, says="flannel pouch"),
]


# Photos --------------------------------------------------------------------------------------------------------------


def has_slot(slot: str) -> Behaviour:
    def takes(scene: Scene) -> None:
        listing = world.a_draft()
        world.photographed(listing, slot)
        assert [photo.slot for photo in listing.photos] == [slot]

    return takes


def front_can_be_left_out(scene: Scene) -> None:
    listing = world.photographed(world.graded(world.a_draft(), "excellent"), "back", "inside")
    assert [one.anchor for one in completeness.missing(listing) if one.step == "photos"] == []


def excellent_needs_a_tag(scene: Scene) -> None:
    listing = world.photographed(world.graded(world.a_draft(), "excellent"))
    assert [one.anchor for one in completeness.missing(listing) if one.step == "photos"] == ["price_tag"]


def sixth_photo_is_refused(scene: Scene) -> None:
    listing = world.graded(world.a_draft(), "good")
    close_ups = [photos.flaw_slot(world.a_flaw(listing, "corners", "scuff", "light")) for _ in range(3)]
    world.photographed(listing, "front", "back", "inside", *close_ups[:2])
    with refusing(photos.TooManyPhotos):
        world.photographed(listing, close_ups[2])
    assert len(listing.photos) == 5


def photo_of_two_megabytes_is_refused(scene: Scene) -> None:
    with refusing(PhotoTooLarge):
        photos.prepare(phone_photo() + b"\0" * 2 * MEGABYTE, world.policy().photos)


def photo_of_a_good_megapixel_is_refused(scene: Scene) -> None:
    with refusing(PhotoTooManyPixels):
        photos.prepare(phone_photo(), world.policy().photos)


def finds(shortcoming: Shortcoming) -> Behaviour:
    """This is wrong with a phone's photo of 900 × 1200 pixels."""

    def said(scene: Scene) -> None:
        prepared = photos.prepare(phone_photo(), world.policy().photos)
        assert shortcoming in [finding.shortcoming for finding in prepared.findings]

    return said


PHOTOS = [
    Row("photos.slots[3].key", "bottom", has_slot("bottom"), untold=INTERNAL),
    words("photos.slots[0].label", "Face on", HELP_PHOTOS),
    words("photos.slots[0].guidance", "Stand it up and step back.", HELP_PHOTOS),
    Row("photos.slots[0].is_required", False, front_can_be_left_out, page=HELP_PHOTOS, says="Front (if you like)"),
    Row(
        "photos.slots[4].grades", ["excellent"], excellent_needs_a_tag, page=HELP_PHOTOS, says="Needed for: excellent."
    ),
    words("photos.flaw_guidance", "A coin beside it shows its size.", HELP_PHOTOS),
    words("photos.tips", ["Wait for a cloudy day."], HELP_PHOTOS, says="Wait for a cloudy day."),
    Row("photos.max_count", 5, sixth_photo_is_refused, page=HELP_PHOTOS, says="and 5 photos in all"),
    Row("photos.max_megabytes", 1, photo_of_two_megabytes_is_refused, page=HELP_PHOTOS, says="At most 1 MB"),
    Row("photos.max_megapixels", 1, photo_of_a_good_megapixel_is_refused, page=HELP_PHOTOS, says="and 1 megapixels"),
    Row("photos.min_long_side_px", 1500, finds(Shortcoming.TOO_SMALL), page=HELP_PHOTOS, says="At least 1500 pixels"),
    Row("photos.min_brightness", 255, finds(Shortcoming.TOO_DARK), untold="measured; a dark photo is said to be dark"),
    Row("photos.min_sharpness", 10_000, finds(Shortcoming.BLURRED), untold="measured; a blurred photo is said to be"),
]


# Review --------------------------------------------------------------------------------------------------------------


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


REVIEW = [
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

ROWS = [*CONDITION, *PHOTOS, *REVIEW]
