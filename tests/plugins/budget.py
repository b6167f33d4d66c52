"""Where the time of a run goes, which ``counts`` says at its end, and an order that lets all workers end together.

The budget, on two cores with ``CI`` set: 15 minutes in all, browsers at most 6 of them, property tests at most 3.
"""

from __future__ import annotations

import gc
import time
from collections import Counter

import pytest

USUAL_TIMEOUT = 120  # seconds; a test that asks for more may take long
GARBAGE = 20_000  # objects made and not yet let go, until a collection looks for those that hold each other
GROUPS = ("browser", "property")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Budget(config), "budget")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of each group, and let what may take long begin: at the end it would leave a worker idle."""
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("property")
        item.user_properties += [("group", group) for group in GROUPS if item.get_closest_marker(group)][:1]
    items.sort(key=_most_seconds, reverse=True)


def _most_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark and mark.args else USUAL_TIMEOUT


def pytest_collection_finish() -> None:
    """What the modules and the tests themselves hold stays to the end: no collection need look through it again.

    Of what the tests make themselves little is garbage that counting references does not find: it is looked for seldom.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)


class Budget:
    """Seconds by group, added over all workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._began, self._seconds = time.monotonic(), Counter[str]()
        self._workers = getattr(config.option, "numprocesses", None) or 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        group = dict(report.user_properties).get("group", "other")
        self._seconds[str(group)] += report.duration

    def line(self) -> str:
        """One line, in whole seconds: what a worker spent in each group, and the run from its start to its end."""
        shares = [f"{group} tests {self._seconds[group] / self._workers:.0f} s" for group in (*GROUPS, "other")]
        whole = time.monotonic() - self._began
        return f"time: {', '.join(shares)} on each of {self._workers} workers; {whole:.0f} s in all"
