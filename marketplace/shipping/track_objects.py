"""Shippo's Track object and ``track_updated`` event, read into our words.

What is unknown is tolerated: further fields are skipped, a status we have no word for becomes ``unknown``, a time that
is none is left out. What is not a Track at all raises ``NotATrack``.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from marketplace import shapes
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus

TRACK_UPDATED = "track_updated"
MOST_REPORTS = 500
LONGEST_PLACE, LONGEST_WORDS = 80, 200

_Number = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_Carrier = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class NotATrack(Exception):
    """The bytes are not what Shippo sends."""


class _Location(msgspec.Struct):
    city: str | None = None
    state: str | None = None
    country: str | None = None


class _Status(msgspec.Struct):
    status: str | None = None
    status_date: str | None = None
    object_updated: str | None = None
    status_details: str | None = None
    location: _Location | None = None


class _Track(msgspec.Struct):
    carrier: _Carrier
    tracking_number: _Number
    tracking_status: _Status | None = None
    tracking_history: Annotated[list[_Status], msgspec.Meta(max_length=MOST_REPORTS)] | None = None


class _Event(msgspec.Struct):
    event: str
    data: msgspec.Raw = msgspec.Raw(b"null")


@dataclass(frozen=True)
class Track:
    """What a carrier says of one number. Comparable, so that saying it twice can be told from saying more."""

    carrier: str
    tracking_number: str
    reports: list[TrackingReport]

    @property
    def digest(self) -> str:
        """The same for the same words, however often they are sent."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()

    @property
    def document(self) -> dict[str, Any]:
        """As the inbox keeps it; ``Track.of`` reads it back."""
        document: dict[str, Any] = msgspec.to_builtins(self)
        return document

    @classmethod
    def of(cls, document: dict[str, Any]) -> Track:
        return shapes.convert(document, cls)


def read_event(body: bytes) -> Track | None:
    """The Track of a ``track_updated`` event; None for an event of another kind. Raises ``NotATrack``."""
    try:
        event = shapes.decode(body, _Event)
        return read_track(event.data) if event.event == TRACK_UPDATED else None
    except (msgspec.DecodeError, RecursionError, UnicodeError) as trouble:
        raise NotATrack(str(trouble)[:200]) from None


def read_track(body: bytes | msgspec.Raw) -> Track:
    """A Track object, as the webhook carries it and the API answers with. Raises ``NotATrack``."""
    try:
        track = shapes.decode(body, _Track)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as trouble:
        raise NotATrack(str(trouble)[:200]) from None
    said = [*(track.tracking_history or ()), *([track.tracking_status] if track.tracking_status else ())]
    reports = list(dict.fromkeys(_report(status) for status in said))
    return Track(visible(track.carrier, 40).lower(), visible(track.tracking_number, 60).replace(" ", ""), reports)


def _report(status: _Status) -> TrackingReport:
    return TrackingReport(
        status=_word(status.status),
        carrier_at=_moment(status.status_date) or _moment(status.object_updated),
        place=visible(", ".join(_parts(status.location)), LONGEST_PLACE),
        words=visible(status.status_details or "", LONGEST_WORDS),
    )


def _word(status: str | None) -> TrackingStatus:
    try:
        return TrackingStatus((status or "").lower())
    except ValueError:
        return TrackingStatus.UNKNOWN


def _parts(location: _Location | None) -> Iterator[str]:
    for part in (location.city, location.state) if location else ():
        if part:
            yield part


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def visible(text: str, longest: int) -> str:
    """The visible characters, shortened: carriers' words go to pages and to a database that takes no NUL."""
    visible = (c for c in text if c.isspace() or not unicodedata.category(c).startswith("C"))
    return "".join(" " if c.isspace() else c for c in visible)[:longest]
