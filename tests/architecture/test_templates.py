"""Every template keeps the house's rules: words through gettext, nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
LETTER = TEMPLATES / "layouts" / "mail.html"  # mail programs load no style sheet, so a letter carries its own


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def literal_words(text: str) -> list[str]:
    """The words a reader would see that did not come through gettext."""
    text = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(
        r"\{%-? block (?:main_class|body_class|main_attributes) -?%\}.*?endblock", "{%", text, flags=re.DOTALL
    )
    text = re.sub(r"<(style|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    seen = re.findall(r'\b(?:alt|title|placeholder|aria-label|data-\w+)="([^"]*)"', text)
    seen.append(re.sub(r"<[^>]*>", " ", text))
    return [word for part in seen for word in re.findall(r"[A-Za-z]{3,}", part) if word != "doctype"]


def test_the_word_finder_finds_words() -> None:
    assert literal_words('<p title="Sold">{{ _("Bag") }} Hello {# not me #}</p>') == ["Sold", "Hello"]
    assert literal_words('<a href="/shop">{{ _("Shop") }}</a>{% trans %}Sell{% endtrans %}') == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_words_stand_outside_gettext(page: Path) -> None:
    assert literal_words(page.read_text()) == []


@pytest.mark.parametrize("page", [page for page in PAGES if page != LETTER], ids=name_of)
def test_nothing_is_inline_that_the_content_policy_would_block(page: Path) -> None:
    text = page.read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/ld+json"' in script, script


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_nothing_is_loaded_from_elsewhere(page: Path) -> None:
    assert not re.search(r'(?:src|srcset|action|<link[^>]*href)="(?:https?:)?//', page.read_text())


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_posting_form_carries_its_token(page: Path) -> None:
    for form in re.findall(r'<form\b[^>]*method="post"[^>]*>.*?</form>', page.read_text(), flags=re.DOTALL):
        assert "csrf_token" in form or "hidden_tag" in form, form[:120]
