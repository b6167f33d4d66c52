"""The photos a listing needs, and what a photo must be like."""

from __future__ import annotations

from marketplace.disputes import showing
from marketplace.listings import completeness, photos
from marketplace.listings.photo_measures import Shortcoming
from marketplace.listings.photo_refusals import PhotoTooLarge, PhotoTooManyPixels
from tests.photos import phone_photo
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene, refusing, words
from tests.programme.table.condition import INTERNAL

HELP_PHOTOS = "/help/photos"
MEGABYTE = 1024 * 1024


def has_slot(slot: str) -> Behaviour:
    def takes(scene: Scene) -> None:
        listing = world.a_draft()
        world.photographed(listing, slot)
        assert [photo.slot for photo in listing.photos] == [slot]

    return takes


def a_claim_about_hardware_stands_beside_the_back(scene: Scene) -> None:
    order = world.delivered()
    listed = showing.as_listed(order, "hardware")
    assert listed is not None and listed["caption"] == "Hardware as listed"


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


ROWS = [
    Row("photos.slots[3].key", "bottom", has_slot("bottom"), untold=INTERNAL),
    words("photos.slots[0].label", "Face on", HELP_PHOTOS),
    words("photos.slots[0].guidance", "Stand it up and step back.", HELP_PHOTOS),
    Row("photos.slots[0].is_required", False, front_can_be_left_out, page=HELP_PHOTOS, says="Front (if you like)"),
    Row(
        "photos.slots[4].grades", ["excellent"], excellent_needs_a_tag, page=HELP_PHOTOS, says="Needed for: excellent."
    ),
    Row("photos.slots[1].shows", ["hardware"], a_claim_about_hardware_stands_beside_the_back, untold=INTERNAL),
    words("photos.flaw_guidance", "A coin beside it shows its size.", HELP_PHOTOS),
    words("photos.tips", ["Wait for a cloudy day."], HELP_PHOTOS, says="Wait for a cloudy day."),
    Row("photos.max_count", 5, sixth_photo_is_refused, page=HELP_PHOTOS, says="and 5 photos in all"),
    Row("photos.max_megabytes", 1, photo_of_two_megabytes_is_refused, page=HELP_PHOTOS, says="At most 1 MB"),
    Row("photos.max_megapixels", 1, photo_of_a_good_megapixel_is_refused, page=HELP_PHOTOS, says="and 1 megapixels"),
    Row("photos.min_long_side_px", 1500, finds(Shortcoming.TOO_SMALL), page=HELP_PHOTOS, says="At least 1500 pixels"),
    Row("photos.min_brightness", 255, finds(Shortcoming.TOO_DARK), untold="measured; a dark photo is said to be dark"),
    Row("photos.min_sharpness", 10_000, finds(Shortcoming.BLURRED), untold="measured; a blurred photo is said to be"),
]
