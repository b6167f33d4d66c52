"""From TOML to a policy, or to every objection against it with file, key and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marketplace.programme import reading
from marketplace.programme.reading import PolicyError
from tests.programme.policies import preloved

TEXT = (reading.PRESETS / "preloved.toml").read_text()


def objections_to(text: str) -> list[str]:
    with pytest.raises(PolicyError) as caught:
        reading.decode(text.encode(), "ours.toml")
    assert caught.value.source == "ours.toml"
    return str(caught.value).splitlines()


def replaced(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def test_every_preset_that_ships_is_accepted() -> None:
    assert all(reading.read(name).name for name in reading.preset_names())
    assert reading.read("preloved") == preloved()


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(replaced('title = "Velorne Pre-Loved"', 'title = "Velorne Encore"'))
    assert reading.read(str(path)).languages.words["de"]["Handbags"] == "Handtaschen"  # the preset's words stay known
    assert reading.read(str(path)).name == "Velorne Encore"


@pytest.mark.parametrize(
    ("old", "new", "objection"),
    [
        ("[modes]\n", "[modes]\nlending = true\n", "ours.toml: modes.lending: unknown key"),
        ('key = "front"', 'key = "front"\nangle = 45', "ours.toml: photos.slots[0].angle: unknown key"),
        ("schema = 5", "schema = 5\ncolour = 3", "ours.toml: colour: unknown key"),
        ("payout_basis_points = 8000\n", "", "ours.toml: payout.payout_basis_points: missing"),
        ("[texts]", "[text]", "ours.toml: text: unknown key"),
        (
            "payout_basis_points = 8000",
            'payout_basis_points = "80%"',
            "ours.toml: payout.payout_basis_points: expected `int`, got `str`",
        ),
        (
            "payout_basis_points = 8000",
            "payout_basis_points = 10001",
            "ours.toml: payout.payout_basis_points: expected `int` <= 10000",
        ),
        (
            "payment_minutes = 31",
            "payment_minutes = 30",
            "ours.toml: limits.payment_minutes: expected `int` >= 31",
        ),
        (
            "ship_by_business_days = 3",
            "ship_by_business_days = 2.5",
            "ours.toml: limits.ship_by_business_days: expected",
        ),
        ("schema = 5", "schema = 99", "ours.toml: schema: invalid enum value 99"),
    ],
)
def test_a_key_of_the_wrong_name_or_kind_is_refused_by_name(old: str, new: str, objection: str) -> None:
    (line,) = objections_to(replaced(old, new))
    assert line.startswith(objection)


def test_text_that_is_not_toml_is_refused_with_its_line() -> None:
    (line,) = objections_to("schema = 5\nidentity = \n")
    assert line.startswith("ours.toml: is not TOML: ")
    assert "line 2" in line


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    with pytest.raises(PolicyError, match=r"^ours\.toml: is not UTF-8 text$"):
        reading.decode(b"\xff\xfe", "ours.toml")


def test_a_file_that_is_not_there_is_refused_with_the_presets_that_are() -> None:
    with pytest.raises(PolicyError, match=r"^/no/such\.toml: cannot be read .*\(atelier, .*, preloved\)$"):
        reading.read("/no/such.toml")


@pytest.mark.parametrize(
    ("old", "new", "objection"),
    [
        ('currency = "USD"', 'currency = "USX"', "market.currency: USX is not a currency of ISO 4217"),
        ('locale = "en_US"', 'locale = "xx_US"', "market.locale: xx_US is not a known locale"),
        ("America/New_York", "America/Newark", "market.time_zone: America/Newark is not a known time zone"),
        (
            "[market.holidays]\n",
            '[market.holidays]\nsubdivision = "QQ"\n',
            "market.holidays.subdivision: US has no QQ",
        ),
        ('"AL", "AK", "AZ"', '"AL", "AK", "ZZ"', "market.ship_to_regions: ZZ is not a region of US"),
        ('"AL", "AK", "AZ"', '"AL", "AK", "AK"', "market.ship_to_regions: AK stands there twice"),
        ('region = "NJ"\n', 'region = "ZZ"\n', "market.warehouse.region: is not among the regions that ship"),
        ('group = "handbags"', 'group = "hats"', "eligibility.categories[0].group: there is no group hats"),
        ('key = "satchel"', 'key = "tote"', "eligibility.categories: the key tote stands there twice"),
        ('highest_grade = "good"', 'highest_grade = "fine"', "condition.flaw_caps[1].highest_grade: there is no"),
        ('severity = "clear"', 'severity = "mild"', "condition.flaw_caps[1].severity: there is no severity mild"),
        ('kind = "tear"', 'kind = "rip"', "condition.flaw_caps[3].kind: there is no kind rip"),
        ('parts = ["smell"]', 'parts = ["scent"]', "condition.flaw_kinds[10].parts: there is no part scent"),
        ('grades = ["new_with_tags"]', 'grades = ["new"]', "photos.slots[4].grades: there is no grade new"),
        ('shows = ["corners"]', 'shows = ["edges"]', "photos.slots[3].shows: there is no part edges"),
        ("max_count = 20", "max_count = 4", "photos.max_count: is less than the views asked for"),
        ("max_minor = 500000", "max_minor = 1999", "price.max_minor: is less than price.min_minor"),
        ("filter_steps = [100, 200", "filter_steps = [200, 100", "price.filter_steps: do not rise"),
        ("usual_days_max = 5", "usual_days_max = 2", "shipping.usual_days_max: is less than shipping.usual_days_min"),
        ("closes = 19:00:00", "closes = 08:00:00", "identity.resale_support.hours.closes: is not after it opens"),
        (
            "[modes.supply]",
            "[modes.consignment]\nbands = [{ from_minor = 5, basis_points = 1 }]\n[modes.supply]",
            "modes.consignment.bands: do not begin at 0",
        ),
        (
            "[modes.supply]",
            '[modes.consignment]\nwhen_silent = "donate"\n[modes.supply]',
            "modes.consignment.charities: is empty, and silence donates",
        ),
        ("starts_on = 2025-01-01", "starts_on = 2024-01-01", "tax.rates: LA has two rates from 2024-01-01"),
        ('  { region = "WY", starts_on = 2024-01-01, basis_points = 400 },\n', "", "tax.rates: WY is shipped to and"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(old: str, new: str, objection: str) -> None:
    first, *_others = objections_to(replaced(old, new))
    assert first.startswith(f"ours.toml: {objection}")


def test_all_contradictions_are_told_at_once() -> None:
    text = replaced('currency = "USD"', 'currency = "USX"').replace("max_minor = 500000", "max_minor = 1")
    assert [line.split(":")[1].strip() for line in objections_to(text)] == ["market.currency", "price.max_minor"]


@pytest.mark.parametrize(
    ("accent", "on_accent", "keys"),
    [
        ("#1c1a18", "#ffffff", []),
        ("#767676", "#ffffff", []),  # 4.54 to 1: as light as a grey button may be under white words
        ("#777777", "#ffffff", ["theme.light.on_accent"]),  # 4.48 to 1
        ("#f4d03f", "#1c1a18", ["theme.light.accent"]),  # yellow: fine under ink, lost on paper
        ("#fbfaf8", "#ffffff", ["theme.light.on_accent", "theme.light.accent"]),
    ],
)
def test_colours_that_cannot_be_read_are_refused(accent: str, on_accent: str, keys: list[str]) -> None:
    at = '[theme.light]\naccent = "#1c1a18"\non_accent = "#ffffff"'
    text = replaced(at, f'[theme.light]\naccent = "{accent}"\non_accent = "{on_accent}"')
    if keys:
        lines = objections_to(text)
        assert [line.split(": ")[1] for line in lines] == keys
        assert all(re.search(r"\d\.\d\d to 1 against", line) for line in lines)
    else:
        reading.decode(text.encode(), "ours.toml")


def test_neutral_and_status_colours_are_not_a_programmes_to_change() -> None:
    assert objections_to(replaced("[theme.light]", '[theme.light]\npaper = "#000000"')) == [
        "ours.toml: theme.light.paper: unknown key"
    ]
