"""Photos on their way in from a page: one file input a slot, sent together or, with script, each by itself.

Whoever may add a photo is asked first, in the request's transaction; that ends before a byte is decoded. What was
prepared is then written in a second transaction, which asks again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Request, jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.file import FileField
from werkzeug.datastructures import FileStorage

from marketplace import clock, database
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.form_fields import Form
from marketplace.listings import photos
from marketplace.listings.condition import flaw_words
from marketplace.listings.flaws import needs_photo
from marketplace.listings.models import Listing, ListingPhoto
from marketplace.listings.prepared_photos import PreparedPhoto
from marketplace.listings.showing import photo as shown
from marketplace.programme import Policy, versions

UPLOADS_AT_ONCE = 6  # photos of the largest size that one request may carry
_FIELDS = 1024 * 1024  # bytes for all else in the form
_DRAWINGS = {"price_tag": "tag"}


def make_room(request: Request) -> None:
    """Let this request be as large as its photos may be; to be called before its form is read.

    The policy is asked in a transaction of its own: a sender takes their time, and keeps no lock meanwhile (W16).
    """
    if request.method != "POST":
        return
    photo = versions.current().policy.photos.max_megabytes * 1024**2
    database.abandon()
    request.max_content_length = UPLOADS_AT_ONCE * photo + _FIELDS


# The slots on the page -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """A named place for one photo; shape of ``photo_slot`` in ``templates/components/photos.html``."""

    name: str
    label: str
    hint: str
    drawing: str
    required: bool
    photo: dict[str, Any] | None
    error: str | None


def slots(listing: Listing, policy: Policy) -> list[Slot]:
    """The views the grade asks for, then a close-up of each flaw that can be photographed (MK-28 to MK-30)."""
    views = [
        _slot(listing, view.key, view.label, view.guidance, view.is_required)
        for view in policy.photos.slots_for(listing.grade)
    ]
    close_ups = [
        _slot(
            listing,
            photos.flaw_slot(flaw),
            flaw_words(flaw, policy.condition) + (f" ({flaw.note})" if flaw.note else ""),
            policy.photos.flaw_guidance,
            True,
        )
        for flaw in listing.flaws
        if flaw.photo is not None or needs_photo(flaw, policy)
    ]
    return views + close_ups


def _slot(listing: Listing, name: str, label: str, hint: str, required: bool) -> Slot:
    photo = photos.photo_in(listing, name)
    return Slot(
        name=name,
        label=label,
        hint=hint,
        drawing="flaw" if name.startswith(photos.FLAW) else _DRAWINGS.get(name, name),
        required=required,
        photo=shown(photo, alt=f"{listing.title}: {label}") if photo else None,
        error=said_of(photo) if photo else None,
    )


def said_of(photo: ListingPhoto) -> str | None:
    """What the quality check said of a photo, in one text; None of a good one."""
    return " ".join(finding.message for finding in photos.findings(photo)) or None


def photos_form(wanted: list[Slot], refused: Mapping[str, str]) -> Form:
    """A form with one file input for each slot, named like it; ``refused`` says by slot why a photo was not kept."""
    fields = {slot.name: FileField(slot.label) for slot in wanted}
    form: Form = type("PhotosForm", (Form,), fields)()
    for slot, words in refused.items():
        form[slot].errors = [words]
    return form


# Taking them in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """What became of the files of one request, by slot: the photos kept and what was refused, in words."""

    kept: Mapping[str, ListingPhoto]
    refused: Mapping[str, str]


def take(files: Mapping[str, FileStorage], load: Callable[[], Listing], person: Callable[[], HasActor]) -> Taken:
    """Take in the files chosen, by slot. ``load`` and ``person`` are called again after the pictures were computed.

    Raises what ``photos.ready_for_photo`` raises, before anything was read.
    """
    chosen = {slot: file for slot, file in files.items() if file and file.filename}
    listing = load()
    for slot in chosen:
        photos.ready_for_photo(listing, slot)
    rules = versions.current().policy.photos
    database.abandon()
    most = rules.max_megabytes * 1024**2
    prepared: dict[str, PreparedPhoto] = {}
    refused: dict[str, str] = {}
    for slot, file in chosen.items():
        try:
            prepared[slot] = photos.prepare(file.stream.read(most + 1), rules)
        except Refusal as refusal:
            refused[slot] = str(refusal.message)
    listing, by, at = load(), person(), clock.now()
    return Taken({slot: photos.keep(listing, slot, ready, by=by, at=at) for slot, ready in prepared.items()}, refused)


def answer_script(taken: Taken) -> ResponseReturnValue:
    """The answer to a page's script, which sends one photo at a time."""
    if taken.refused:
        return jsonify(error={"code": "refused", "message": " ".join(taken.refused.values())}), 422
    if not taken.kept:
        return jsonify(error={"code": "empty", "message": _("Choose a photo.")}), 422
    return jsonify(findings=[words for photo in taken.kept.values() if (words := said_of(photo))])
