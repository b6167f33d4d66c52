"""Counts what ran on each database engine, and says it and the time it took on the last lines of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

from tests.plugins.databases import ENGINES

WORST_FIRST = ("failed", "skipped", "passed")


class Counts:
    """The outcome of each test: the worst of its set-up, call and tear-down."""

    def __init__(self) -> None:
        self._outcomes: dict[str, str] = {}
        self._engines: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self._outcomes.get(report.nodeid, "passed")
        self._outcomes[report.nodeid] = min(before, report.outcome, key=WORST_FIRST.index)
        self._engines[report.nodeid] = dict(report.user_properties).get("engine", "")  # type: ignore[assignment]

    def lines(self) -> list[str]:
        """One line an engine, in the words a machine can read."""
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for test, outcome in self._outcomes.items():
            counted[self._engines[test]][outcome] += 1
        return [
            f"{engine}: "
            + ", ".join(f"{counted[engine][outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))
            for engine in ENGINES
        ]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None]:
        yield  # the terminal's own summary comes first
        plugins = session.config.pluginmanager
        reporter, budget = plugins.get_plugin("terminalreporter"), plugins.get_plugin("budget")
        if reporter is not None and any(self._engines.values()):
            for line in (budget.line(), *self.lines()):
                reporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Counts(), "counts")
