"""``pytest --rules`` and ``pytest --faults``: which promise has a passing test, one line an id.

The ids are those of the tables in ``docs/rules.md`` and ``docs/faults.md``. A test claims at most three, and one that
was skipped, or that failed on either database, covers nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Generator
from functools import cache
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {"rule": DOCS / "rules.md", "fault": DOCS / "faults.md"}
MOST_IDS = 3


@cache
def ids_of(kind: str) -> list[str]:
    """Every id of a page's tables, in the page's order."""
    return re.findall(r"^\| ([A-Z]+-?\d{2}) \|", PAGES[kind].read_text(), re.MULTILINE)


def claims(item: pytest.Item) -> list[tuple[str, str]]:
    """The (kind, id) pairs a test's own markers claim; raises where there are too many or an unknown one."""
    claimed = [(kind, str(name)) for kind in PAGES for mark in item.iter_markers(kind) for name in mark.args]
    if len(claimed) > MOST_IDS:
        raise pytest.UsageError(f"{item.nodeid} claims {len(claimed)} ids; {MOST_IDS} are the most")
    for kind, name in claimed:
        if name not in ids_of(kind):
            raise pytest.UsageError(f"{item.nodeid} claims {kind} {name!r}, which {PAGES[kind].name} does not know")
    return claimed


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("promises")
    for kind in PAGES:
        group.addoption(f"--{kind}s", action="store_true", help=f"end with one line a {kind}: the test that covers it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.user_properties += [(kind, name) for kind, name in claims(item)]


class Promises:
    """Collects which addresses claim which id, and which of them ran without fail or skip."""

    def __init__(self, kinds: list[str]) -> None:
        self._kinds = kinds
        self._claimed: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._broken: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        place = report.nodeid.partition("[")[0]
        if report.outcome != "passed":
            self._broken.add(place)
        for kind, name in report.user_properties:
            if kind in PAGES:
                self._claimed[kind, str(name)].add(place)

    def lines(self, kind: str) -> list[str]:
        """One line an id: its first test that holds and how many more, or none."""
        said = []
        for name in ids_of(kind):
            holding = sorted(self._claimed[kind, name] - self._broken)
            more = f" and {len(holding) - 1} more" if len(holding) > 1 else ""
            said.append(f"{name}  {holding[0]}{more}" if holding else f"{name}  none")
        return said

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        yield  # after the summary and the counts
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        for kind in self._kinds:
            for line in self.lines(kind):
                reporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    asked = [kind for kind in PAGES if config.getoption(f"{kind}s")]
    if asked and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Promises(asked), "promises")
