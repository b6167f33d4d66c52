"""How a piece is described: grades, parts, flaws and what they do to the grade."""

from __future__ import annotations

from typing import Any

from marketplace import clock
from marketplace.listings import drafting, flaws
from marketplace.listings.condition import GradeAboveCap, GradeNotAccepted, UnknownFlaw, check_grade
from marketplace.listings.suggestion import suggestion_for
from tests.programme import world
from tests.programme.policies import preloved, value_at
from tests.programme.rows import Behaviour, Row, Scene, refusing, words

GRADES, PRICING = "/condition", "/help/pricing"
INTERNAL = "a word for records; its label is what people read"


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


ROWS = [
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
