"""A case as its pages show it: the piece as sold beside what arrived, and the thread, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from marketplace import events
from marketplace.catalogue.models import PictureColumns
from marketplace.disputes import waiting
from marketplace.disputes.models import Decision, Dispute, DisputePhoto
from marketplace.disputes.states import Side
from marketplace.disputes.words import DESK_EVENTS, EVENTS, SIDES, what_happened
from marketplace.listings.condition import wear_words
from marketplace.listings.piece import PictureFile
from marketplace.listings.showing import photo as shown
from marketplace.listings.showing import photo_url
from marketplace.orders import snapshots, terms
from marketplace.orders.models import Order
from marketplace.programme.policy.condition import Condition
from marketplace.programme.policy.disputes import Clause
from marketplace.programme.policy.values import the

WHOLE = "whole"  # the field of a photo that shows no part in particular


def condition_of(order: Order) -> Condition:
    """The scale the listing was made under."""
    return terms.of_seller(order).condition


def part_label(order: Order, key: str) -> str:
    part = condition_of(order).part(key)
    return part.label if part else str(_("The whole piece"))


def flaws_as_sold(order: Order) -> list[dict[str, str]]:
    """The flaws the listing named, in words, as pinned at the sale."""
    scale = condition_of(order)
    rows = []
    for flaw in order.as_sold["flaws"]:
        words = wear_words(flaw["kind"], flaw["severity"], scale)
        rows.append({"part": part_label(order, flaw["part"]), "words": words, "note": flaw["note"]})
    return rows


def grade_as_sold(order: Order) -> tuple[str, str]:
    """The grade the piece was sold as, and what the policy says that means."""
    grade = condition_of(order).grade(order.as_sold["grade"])
    return grade.label, grade.definition


def clause_of(decision: Decision) -> Clause:
    """The rule a decision rests on, in the words of the policy the piece was bought under (GAP-18)."""
    return the(waiting.rules(decision.dispute).clauses, decision.clause)


def as_listed(order: Order, part: str) -> dict[str, Any] | None:
    """The listing's own photo of a part: the flaw's close-up, else the view in which it is looked at.

    Without either it is the piece as a whole: the seller's first photo, else the library's.
    """
    sold = order.as_sold
    close_ups = {flaw["photo"] for flaw in sold["flaws"] if flaw["part"] == part and flaw["photo"]}
    views = {view.key for view in terms.of_seller(order).photos.slots if part in view.shows}
    of_part = [picture for picture in sold["photos"] if picture["key"] in close_ups] or [
        picture for picture in sold["photos"] if picture["slot"] in views
    ]
    pictures = of_part or sold["photos"] or sold["library"]
    if not pictures:
        return None
    return _photo(
        snapshots.file_of(pictures[0]), _("%(part)s as listed", part=part_label(order, part if of_part else WHOLE))
    )


def beside(dispute: Dispute) -> list[tuple[dict[str, Any] | None, list[dict[str, Any]]]]:
    """For each part claimed, then for the piece as a whole: the listing's photo of it, and what was shown of it.

    A photo of the listing stands where it comes first, and not again. There is one row at least.
    """
    rows: dict[str, list[dict[str, Any]]] = {part: [] for part in (*dispute.parts, WHOLE)}
    for photo in dispute.photos:
        rows.get(photo.part, rows[WHOLE]).append(as_shown(photo, dispute.order))
    if dispute.parts and not rows[WHOLE]:
        del rows[WHOLE]
    listed = {part: as_listed(dispute.order, part) for part in rows}
    first = {photo["src"]: part for part, photo in reversed(listed.items()) if photo}
    found = [(photo if photo and first[photo["src"]] == part else None, rows[part]) for part, photo in listed.items()]
    return [row for row in found if any(row)] or [(None, [])]


def as_shown(photo: DisputePhoto, order: Order) -> dict[str, Any]:
    """A photo of evidence with who showed it."""
    return _photo(photo, _("%(side)s: %(part)s", side=SIDES[photo.side], part=part_label(order, photo.part)))


def _photo(picture: PictureColumns | PictureFile, words: str) -> dict[str, Any]:
    """A photo that opens at its full size: beside another it is cut, and what it is about is small."""
    large = max(int(width) for width in picture.widths)
    whole = {"large": photo_url(picture.key, large), "large_width": large}
    return {**shown(picture, alt=words, caption=words), **whole}


def claimed(dispute: Dispute) -> str:
    """What the buyer wrote when they reported the problem; empty where they wrote nothing."""
    said = (message for message in dispute.messages if message.side is Side.BUYER)
    return next((message.words for message in said if message.written_at == dispute.opened_at), "")


@dataclass(frozen=True)
class Entry:
    """One thing in the thread; shape of ``history`` in ``templates/components/progress.html``."""

    title: str
    at: datetime
    note: str | None = None
    by: str | None = None
    masked: bool = False


def thread(dispute: Dispute, side: Side) -> list[Entry]:
    """Messages and events, newest first; of one moment, what was said stands above the move it went with.

    What the desk does among itself is in nobody else's thread.
    """
    readable = EVENTS | DESK_EVENTS if side is Side.STAFF else EVENTS
    happened = [
        Entry(str(what_happened(event)), event.at) for event in events.history(dispute) if event.action in readable
    ]
    said = [
        Entry(str(SIDES[message.side]), message.written_at, message.words, masked=message.is_masked)
        for message in dispute.messages
    ]
    return sorted(happened + said, key=lambda entry: entry.at)[::-1]
