"""A letter: one source of words, two renderings. The text twin cannot disagree with the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import LazyString

from marketplace.money import Money
from marketplace.presentation import deadline, money

MOST_SUBJECT = 150


@dataclass(frozen=True)
class Letter:
    """A message ready to be handed over."""

    subject: str
    html: str
    text: str
    stop_url: str = ""  # where one press stops letters of this kind (RFC 8058); empty where nothing can be stopped


def in_words(fact: Any) -> Any:
    """A fact as a letter says it, in the language spoken now: amounts, moments and words not yet said; lists too."""
    if isinstance(fact, Mapping):
        return {name: in_words(value) for name, value in fact.items()}
    if isinstance(fact, list | tuple):
        return [in_words(value) for value in fact]
    if isinstance(fact, Money):
        return money(fact)
    if isinstance(fact, datetime):
        return deadline(fact)
    return str(fact) if isinstance(fact, LazyString) else fact


def compose(message: str, facts: Mapping[str, Any]) -> Letter:
    """Render ``templates/mail/<message>/letter.jinja`` with ``facts``.

    The template sets ``subject``, ``preheader``, ``heading``, ``paragraphs`` and, where it has them, ``deadline``
    (one sentence), ``rows`` (label and value), ``button`` (label and URL), ``notes``.
    """
    templates = current_app.jinja_env
    context: dict[str, Any] = dict(facts)
    current_app.update_template_context(context)
    words = vars(templates.get_template(f"mail/{message}/letter.jinja").make_module(context))
    parts = {
        name: words.get(name)
        for name in ("subject", "preheader", "heading", "paragraphs", "deadline", "rows", "button", "notes")
    }
    # A line break in a name must not become a header of its own (fault X06).
    subject = " ".join(str(parts["subject"]).split())[:MOST_SUBJECT]
    stop_url = str(facts.get("stop_url", ""))
    context |= {**parts, "subject": subject, "stop_url": stop_url}
    return Letter(
        subject=subject,
        html=templates.get_template("layouts/mail.html").render(context),
        text=templates.get_template("layouts/mail.txt").render(context),
        stop_url=stop_url,
    )
