"""The benchmarks run, and what they count exactly holds at any scale."""

from __future__ import annotations

import pytest
from jinja2 import Environment

from benchmarks import __main__ as benchmarks
from benchmarks import checkouts, due_windows, figures, pages
from benchmarks.recording import as_template
from tests.plugins.databases import why_not


def test_a_bar_says_what_was_wanted_where_it_is_missed() -> None:
    missed = figures.Bar("orders_per_second", 11.5, 25, at_most=False)
    found = figures.Finding("checkout", {}, [missed, figures.Bar("sold_twice", 0, 0)])
    assert found.missed == ["checkout: orders_per_second is 11.5, at least 25 is wanted"]


def test_a_twin_renders_the_very_page_it_was_recorded_from() -> None:
    page = '<head><title>x</title></head><main class="a"><p title="b &amp; c">d &lt; e</p>\n</main>'
    template, said = as_template(page)
    assert "b &" not in template
    assert Environment(autoescape=True).from_string(template).render(said=said) == page


@pytest.mark.timeout(240)
def test_the_benchmarks_run_on_a_few_rows(request: pytest.FixtureRequest, databases, monkeypatch) -> None:
    if why := why_not("postgresql", request.config):
        pytest.skip(why)
    monkeypatch.setenv("TEST_DATABASE_URL", databases.server())
    monkeypatch.setattr(pages, "ROUNDS", 1)
    monkeypatch.setattr(checkouts, "ROUNDS", 1)
    monkeypatch.setattr(due_windows, "SIZES", (20_000,))
    names = ["catalogue", "hold", "checkout", "due_windows", "purchase_import"]  # each way of measuring once
    found = benchmarks.run(names, 0.001)
    assert [each["name"] for each in found["benchmarks"]] == names
    counted = ("sql", "held_twice", "sold_twice")  # the bars that hold on any machine, however busy
    assert [missed for missed in found["missed"] if any(f": {name} is" in missed for name in counted)] == []
