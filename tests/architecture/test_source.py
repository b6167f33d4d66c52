"""Guards over the source: what the house style says once, checked everywhere. Each names every place it objects to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketplace.programme import reading
from tests.architecture.source import (
    TEMPLATES,
    calls,
    dotted,
    has_pages,
    imported,
    modules,
    name_of,
    tracked,
    tree,
)

# The modules that stand between the web and the shop, besides those that hold views.
WEB = {
    "marketplace/application.py",
    "marketplace/database.py",
    "marketplace/error_pages.py",
    "marketplace/holes.py",
    "marketplace/journal.py",
    "marketplace/permissions.py",
    "marketplace/protection.py",
    "marketplace/redirects.py",
    "marketplace/seats.py",
    "marketplace/site.py",
    "marketplace/credits/requests.py",
    "marketplace/orders/visitors.py",
    "marketplace/people/signing_in.py",
}
AUDIENCES = {"buyer", "seller", "desk", "disputes"}
WEB_NAMES = {"flask.request", "flask.session", "flask.g", "flask_login.current_user"}

# Split, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.~-])/(?:" + "wo" + "rk|far" + r"m|root|home/\w+)/\S")
REGISTRIES = re.compile(
    "|".join(["pyp" + r"i\.org", "pythonhos" + r"ted\.org", "npm" + r"js\.", r"deb\.deb" + r"ian\.org"])
)

Search = Callable[[Path], Iterator[object]]


def objections(search: Search, *, but: set[str] | None = None) -> dict[str, list[object]]:
    """What ``search`` finds in each module, save in those named in ``but``."""
    found = {name_of(path): list(search(path)) for path in modules() if name_of(path) not in (but or set())}
    return {name: places for name, places in found.items() if places}


def test_there_is_something_to_guard() -> None:
    assert len(modules()) > 100


def test_no_preset_is_asked_for_by_name() -> None:
    """A preset is only data: no branch compares a preset or a programme's key with a word."""

    def search(path: Path) -> Iterator[int]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
                word = any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides)
                asked = any(re.search(r"(^|\.|_)(preset|programme)(_name|_key)?$", dotted(side)) for side in sides)
                if word and asked:
                    yield node.lineno

    assert objections(search) == {}


def test_only_the_clock_reads_the_clock() -> None:
    reads = re.compile(r"(^|\.)(datetime\.(now|utcnow|today)|date\.today|time\.time)$")

    def search(path: Path) -> Iterator[tuple[int, str]]:
        return ((line, call) for line, call in calls(path) if reads.search(call))

    assert objections(search, but={"marketplace/clock.py"}) == {}


def test_only_the_unit_of_work_ends_a_transaction() -> None:
    """Requests, jobs and commands commit in one place; operations and queries never do."""
    ends = re.compile(r"session\.(commit|rollback)$")

    def search(path: Path) -> Iterator[tuple[int, str]]:
        return ((line, call) for line, call in calls(path) if ends.search(call))

    ending = {"marketplace/database.py", "marketplace/application.py", "marketplace/error_pages.py"}
    assert objections(search, but=ending) == {}


def test_operations_know_nothing_of_the_web() -> None:
    def search(path: Path) -> Iterator[tuple[int, str]]:
        if not has_pages(path) and path.parent.name not in AUDIENCES:
            yield from ((line, name) for line, name in imported(path) if name in WEB_NAMES)

    assert objections(search, but=WEB) == {}


def test_nothing_is_imported_inside_a_function() -> None:
    """A local import hides a cycle. The package itself hands out ``create_app`` lazily; nothing else may."""

    def search(path: Path) -> Iterator[int]:
        for function in ast.walk(tree(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if isinstance(node, ast.Import | ast.ImportFrom):
                        yield node.lineno

    assert objections(search, but={"marketplace/__init__.py"}) == {}


def test_a_catch_all_is_logged_or_raised_again() -> None:
    """``except Exception`` stands only where a loop must go on, and never swallows what it caught."""

    def search(path: Path) -> Iterator[int]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ExceptHandler) and dotted(node.type or ast.Name("Exception")) in {
                "Exception",
                "BaseException",
            }:
                said = ast.unparse(node)
                if "log.exception" not in said and not re.search(r"\braise\b", said):
                    yield node.lineno

    assert objections(search) == {}


def test_every_module_says_what_it_is() -> None:
    def search(path: Path) -> Iterator[str]:
        if path.read_text().strip() and not ast.get_docstring(tree(path)):
            yield "no docstring"

    assert objections(search) == {}


def test_modules_and_functions_stay_small() -> None:
    """One concept a module, one thought a function; the limits lie well above what is usual here."""

    def search(path: Path) -> Iterator[str]:
        if (lines := len(path.read_text().splitlines())) > 350:
            yield f"{lines} lines"
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 50:
                yield f"{node.name} has {(node.end_lineno or 0) - node.lineno + 1} lines"

    assert objections(search) == {}


def test_the_tree_has_no_sheds() -> None:
    sheds = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers"}
    assert [name_of(path) for path in modules() if sheds & {Path(part).stem for part in path.parts}] == []


def test_no_file_knows_this_machine() -> None:
    told = {}
    for path in tracked():
        text = path.read_text(errors="replace")
        if found := MACHINE_PATHS.search(text) or REGISTRIES.search(text):
            told[name_of(path)] = found.group(0)
    assert told == {}


@pytest.mark.parametrize(
    "line", ["open('/" + "wo" + "rk/x')", "https://" + "pyp" + "i.org/simple", "see /ro" + "ot/notes"]
)
def test_the_search_for_machines_finds_one(line: str) -> None:
    assert MACHINE_PATHS.search(line) or REGISTRIES.search(line)


def test_nothing_asks_which_programme_runs() -> None:
    """A preset is only data: no code and no template knows one by its name, its key or its house.

    The default's name stands where it is the default, and the demo's pictures show one house's pieces.
    """
    known = {
        word
        for preset in reading.preset_names()
        for word in (preset, reading.read(preset).identity.key, reading.read(preset).identity.house)
    }

    def search(path: Path) -> Iterator[str]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Constant) and node.value in known:
                yield f"{node.lineno}: {node.value}"

    assert (
        objections(search, but={"marketplace/settings.py", "marketplace/demo/cli.py", "marketplace/demo/library.py"})
        == {}
    )
    quoted = re.compile(rf"""["'](?:{"|".join(map(re.escape, known))})["']""")
    pages = [*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.jinja")]
    told = {
        name_of(path) for path in pages if quoted.search(re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL))
    }
    assert told == set()
