"""Guards over the templates: every word can be translated, no rule and no raw HTML slips in."""

from __future__ import annotations

import re

import pytest
from jinja2 import Environment, nodes

from tests.architecture.literal_text import literal_words
from tests.architecture.source import TEMPLATES, name_of

PAGES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".jinja", ".txt"})


def test_no_template_holds_literal_text() -> None:
    found = {name_of(path): list(literal_words(path.read_text())) for path in PAGES}
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>{{ _('Sold') }}</p>", []),
        ("<p>{% trans n=count %}{{ n }} sold{% pluralize %}{{ n }} sold{% endtrans %}</p>", []),
        ("<p>{{ price }} · <b>&rarr;</b> 2/3</p>", []),
        ("{# a remark #}<!-- another -->{% set colour = 'red' %}", []),
        ("<p>Sold {{ day }}</p>", ["Sold …"]),
        ("<img alt='A bag'>", ["alt: A bag"]),
        ("{% if sold %}Sold{% endif %}", ["Sold"]),
        ("{% block main_class %}page flow{% endblock %}<b>{% block main %}Sold{% endblock %}</b>", ["… Sold"]),
        ("{{ button(_('Save %(n)s', n=1)) }}{{ badge('sold', kind) }}", []),
        ("{{ button('Save') }}{{ ngettext('One', 'Many', 2) }}", ["Save"]),
        ("<a aria-label='Close {{ name }}'>×</a>", ["aria-label: Close …"]),
    ],
)
def test_the_search_for_literal_text_finds_it(source: str, words: list[str]) -> None:
    assert list(literal_words(source)) == words


def test_nothing_is_marked_safe_or_inlined() -> None:
    """Escaping is never turned off, and the strict policy needs no inline style, script or handler."""
    loose = re.compile(r"\|\s*safe\b|autoescape\s+false|\sstyle=[\"']|<style|javascript:|\son[a-z]+=[\"']")
    mails = {TEMPLATES / "layouts/mail.html"}  # letters carry their style with them
    found = {name_of(path): loose.findall(path.read_text()) for path in PAGES if path not in mails}
    assert {name: places for name, places in found.items() if places} == {}


def test_the_style_guide_shows_every_component() -> None:
    """But the parts of a field or a photo, which no page asks for alone, and the error pages, pages themselves."""
    parts = {"described", "hint_and_error", "label_of", "control", "enlarge", "at_full_size", "error_body"}
    macros = {
        name
        for path in (TEMPLATES / "components").glob("*.html")
        for name in re.findall(r"{% macro (\w+)\(", path.read_text())
    }
    guide = (TEMPLATES / "sandbox/styleguide.html").read_text()
    shown = {name for name in macros if re.search(rf"(?:{{{{|call|%}}) ?{name}\(", guide)}
    assert macros - parts - shown == set()


def test_no_list_is_shown_bare() -> None:
    """Each state of nothing has a heading, one or two sentences and one thing to do."""
    environment = Environment(autoescape=True)
    states = {}
    for path in PAGES:
        for call in environment.parse(path.read_text()).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "empty_state":
                heading, text, *action = (_words(argument) for argument in call.args)
                states[f"{name_of(path)}: {heading}"] = (text, action)
    assert len(states) >= 12
    assert [
        name for name, (text, _action) in states.items() if not 1 <= len(re.findall(r"[.!?](?:\s|$)", text)) <= 2
    ] == []
    assert [name for name, (_text, action) in states.items() if len(action) != 2] == []


def _words(argument: nodes.Expr) -> str:
    """The text of ``_("…")``; what is no text is named by its kind."""
    if isinstance(argument, nodes.Call) and argument.args and isinstance(argument.args[0], nodes.Const):
        return str(argument.args[0].value)
    return type(argument).__name__


def test_no_template_asks_for_a_preset() -> None:
    asked = re.compile(r"(preset|programme)(\.key|\.name)?\s*(==|!=|in)\s*[\"'(\[]")
    assert [name_of(path) for path in PAGES if asked.search(path.read_text())] == []
