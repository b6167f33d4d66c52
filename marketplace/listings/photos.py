"""A listing's photos: each in its named slot, one a flaw.

The bytes are read, measured and kept before the transaction that records them; see ``ready_for_photo``.

    ready_for_photo(listing, slot)           # in the request's transaction: may this photo come at all?
    database.abandon()                       # no lock is held while pictures are computed
    prepared = prepare(file_bytes, rules)    # slow; writes files named by their content
    keep(listing, slot, prepared, by=…, at=…)   # in a new transaction, checked again
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import datetime

from flask import current_app
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.utils import import_string

from marketplace import events
from marketplace.database import db, on_commit
from marketplace.errors import NotFound, Refusal
from marketplace.events import HasActor
from marketplace.listings.drafting import edited, editing
from marketplace.listings.flaws import flaw_of
from marketplace.listings.models import Flaw, Listing, ListingPhoto
from marketplace.listings.photo_measures import Finding, PhotoLimits, PhotoThresholds, Shortcoming
from marketplace.listings.photo_store import PhotoStore, PhotoStoreUnavailable, open_photo_store
from marketplace.listings.prepared_photos import PreparedPhoto, keep_photo
from marketplace.programme import Policy
from marketplace.programme.policy.photos import Photos

FLAW = "flaw"  # flaw close-ups: slot names ``flaw-<id>``
_AFTER_SLOTS = 1000  # the close-ups stand behind the named views


class NoSuchSlot(NotFound):
    """The policy asks for no such view, and there is no such flaw."""


class TooManyPhotos(Refusal):
    message = _l("This listing has as many photos as it can hold.")
    status = 422

    def __init__(self, most: int) -> None:
        super().__init__(
            ngettext(
                "A listing holds at most %(num)s photo. Remove it first.",
                "A listing holds at most %(num)s photos. Remove one first.",
                most,
            )
        )


def photo_store() -> PhotoStore:
    """The store this application keeps its photos in, opened once."""
    app = current_app
    if "photo_store" not in app.extensions:
        app.extensions["photo_store"] = open_photo_store(
            app.config["SETTINGS"].photo_store_url,
            allow_http=app.config["SETTINGS"].photo_endpoint.startswith("http://"),
        )
    store: PhotoStore = app.extensions["photo_store"]
    return store


def flaw_slot(flaw: Flaw) -> str:
    """The name of the slot of a flaw's close-up."""
    return f"{FLAW}-{flaw.id}"


def prepare(data: bytes, rules: Photos) -> PreparedPhoto:
    """Read, judge and keep an upload by the policy in force. Call it outside any transaction.

    Raises a ``PhotoRefused`` that says what is wrong with the file, or ``PhotoStoreUnavailable``.
    """
    limits = PhotoLimits(megabytes=rules.max_megabytes, megapixels=rules.max_megapixels)
    thresholds = PhotoThresholds(
        min_long_side=rules.min_long_side_px,
        min_brightness=rules.min_brightness,
        min_sharpness=rules.min_sharpness,
    )
    prepare_photo = import_string("marketplace.listings.photo_pipeline:prepare_photo")  # see prepared_photos
    prepared: PreparedPhoto = prepare_photo(data, limits, thresholds)
    if not keep_photo(prepared.rendered, photo_store()):
        # Its files were there, and may be on their way out: once a row names them they stay (``listings.tidying``).
        on_commit(lambda: keep_again(prepared))
    return prepared


def keep_again(prepared: PreparedPhoto) -> None:
    """Write what has been removed of a photo while its row was being written."""
    with suppress(PhotoStoreUnavailable):
        keep_photo(prepared.rendered, photo_store())


def ready_for_photo(listing: Listing, slot: str) -> None:
    """Raise unless a photo may come into this slot now: ``NotEditable``, ``NoSuchSlot`` or ``TooManyPhotos``."""
    policy = editing(listing)
    _place(listing, slot, policy)
    _check_room(listing, slot, policy)


def keep(listing: Listing, slot: str, prepared: PreparedPhoto, *, by: HasActor, at: datetime) -> ListingPhoto:
    """Record a prepared photo in its slot, in the place of the one that stood there.

    ``findings`` keeps what the quality check said, for the seller at once and for the reviewer later.
    """
    policy = editing(listing)
    flaw, position = _place(listing, slot, policy)
    _check_room(listing, slot, policy)
    for known in [photo for photo in listing.photos if photo.slot == slot]:
        _drop(known)
    master = prepared.rendered.master
    photo = ListingPhoto(
        key=prepared.rendered.folder,
        width=master.width,
        height=master.height,
        widths=list(prepared.rendered.widths),
        slot=slot,
        position=position,
        taken_at=at,
        perceptual_hash=prepared.hashes.upright,
        mirrored_hash=prepared.hashes.mirrored,
        findings=[asdict(finding) for finding in prepared.findings],
    )
    listing.photos.append(photo)
    db.session.flush()
    if flaw is not None:
        flaw.photo = photo
    events.record(listing, "add_photo", by=by, at=at, slot=slot, photo=photo.id)
    return photo


def remove(photo: ListingPhoto, *, by: HasActor, at: datetime) -> None:
    """Take a photo out of its listing. Raises ``NotEditable``."""
    listing = photo.listing
    editing(listing)
    events.record(listing, "remove_photo", by=by, at=at, slot=photo.slot, photo=photo.id)
    _drop(photo)


def photo_in(listing: Listing, slot: str) -> ListingPhoto | None:
    """The photo that stands in a slot."""
    return next((photo for photo in listing.photos if photo.slot == slot), None)


def findings(photo: ListingPhoto) -> list[Finding]:
    """What the quality check said of a photo when it came."""
    return [
        Finding(Shortcoming(row["shortcoming"]), measured=row["measured"], needed=row["needed"])
        for row in photo.findings
    ]


def finish_step(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """The seller goes on from the photos; what is still missing is named before submitting."""
    editing(listing)
    edited(listing, "photos", by=by, at=at)


def _drop(photo: ListingPhoto) -> None:
    listing = photo.listing
    for flaw in listing.flaws:
        if flaw.photo_id == photo.id:
            flaw.photo = None
    db.session.flush()
    listing.photos.remove(photo)
    db.session.flush()


def _place(listing: Listing, slot: str, policy: Policy) -> tuple[Flaw | None, int]:
    """The flaw a slot is for, if any, and where its photo stands among the others."""
    name, dash, number = slot.partition("-")
    if name == FLAW and dash and number.isascii() and number.isdigit() and len(number) < 10:
        flaw = flaw_of(listing, int(number))
        return flaw, _AFTER_SLOTS + listing.flaws.index(flaw)
    keys = [known.key for known in policy.photos.slots]
    if slot not in keys:
        raise NoSuchSlot()
    return None, keys.index(slot)


def _check_room(listing: Listing, slot: str, policy: Policy) -> None:
    others = [photo for photo in listing.photos if photo.slot != slot]
    if len(others) >= policy.photos.max_count:
        raise TooManyPhotos(policy.photos.max_count)
