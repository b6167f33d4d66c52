"""What is served is what was vendored or written here, and nothing comes from elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import re

import pytest

from tests.architecture.source import ROOT, name_of

STATIC = ROOT / "static"
SUMS = sorted(STATIC.rglob("SHA256SUMS"))
OUTSIDE = re.compile(r"(?:url\(|@import|src=|href=|fetch\(|from)\s*[\"']?(?:https?:)?//", re.IGNORECASE)


def test_vendored_files_are_those_that_were_reviewed() -> None:
    assert SUMS
    for sums in SUMS:
        listed = dict(reversed(line.split()) for line in sums.read_text().splitlines())
        for name, digest in listed.items():
            assert hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() == digest, name
        licences = [path.name for path in sums.parent.iterdir() if path.suffix == ".txt"]
        assert set(listed) | set(licences) | {"SHA256SUMS"} == {path.name for path in sums.parent.iterdir()}
        assert licences, f"{name_of(sums.parent)} has no licence beside it"


def test_the_scripts_of_a_shop_page_are_small() -> None:
    """htmx and whatever else one page loads; a page that loads more is found by the journeys."""
    scripts = [
        STATIC / "vendor" / "htmx.min.js",
        STATIC / "js" / "swaps.js",
        STATIC / "js" / "copy-link.js",
        STATIC / "js" / "offline.js",
    ]
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) <= 18_000


def test_no_template_has_text_run_as_code() -> None:
    """The policy would refuse it in the browser, where only a person who clicks would notice."""
    run_as_code = re.compile(r"""\shx-on[:=]|hx-[a-z:]+=["'](?:js|javascript):|hx-trigger="[^"]*\[""")
    assert [
        name_of(page) for page in (ROOT / "templates").rglob("*.html") if run_as_code.search(page.read_text())
    ] == []


def test_no_style_or_script_asks_another_host() -> None:
    served = [path for path in STATIC.rglob("*") if path.suffix in {".css", ".js", ".svg"}]
    assert [name_of(path) for path in served if OUTSIDE.search(path.read_text())] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt", "requirements-postgresql.txt"])
def test_a_lock_pins_and_hashes_everything(lock: str) -> None:
    named = re.findall(r"^[a-zA-Z0-9].*", lock_text(lock), re.MULTILINE)
    hashed = re.findall(
        r"^[a-zA-Z0-9]\S*==\S+(?: ;[^\n]*)? \\\n    --hash=sha256:[0-9a-f]{64}", lock_text(lock), re.MULTILINE
    )
    assert len(hashed) == len(named) > 0


def test_the_tests_run_on_what_the_shop_runs_on() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^([a-zA-Z0-9][^ ;\n]*==[^ ;\n]+)", lock_text(lock), re.MULTILINE))

    assert pins("requirements.txt") <= pins("requirements-dev.txt")


def lock_text(name: str) -> str:
    return (ROOT / name).read_text()
