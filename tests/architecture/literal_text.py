"""Finds words in a template that no translator will ever see: text outside ``{{ _() }}`` and ``{% trans %}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Comment, Doctype
from jinja2 import Environment

HELD = "\N{REPLACEMENT CHARACTER}"  # stands where an expression stood
SPOKEN = ("alt", "aria-label", "placeholder", "title", "label")
DESCRIBING = {"description", "og:title", "og:description", "og:image:alt"}
SILENT = {"script", "style", "code", "kbd", "svg"}
GETTEXT = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
SENTENCE = re.compile(r"[A-Z][a-z]+( |$)")
WORD = re.compile(r"[^\W\d_]{2,}")

_environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)


def without_jinja(source: str) -> str:
    """The template's own text: expressions become a mark, statements and comments nothing, translated blocks a mark.

    A block named for a class or for attributes holds those, not words.
    """
    kept: list[str] = []
    silent: list[bool] = [False]  # the block at the top of the stack holds no words
    words: list[str] = []
    for _line, token, value in _environment.lex(source):
        if token == "block_begin":
            words = []
        elif token == "name":
            words.append(value)
        elif token == "block_end":
            if words[:1] in (["trans"], ["block"]):
                silent.append(words[0] == "trans" or words[1].endswith(("_class", "_attributes")))
                kept.append(HELD)
            elif words[:1] in (["endtrans"], ["endblock"]):
                silent.pop()
        elif token == "variable_begin":
            kept.append(HELD)
        elif token == "data" and not silent[-1]:
            kept.append(value)
    return "".join(kept)


def spoken_strings(source: str) -> Iterator[str]:
    """Strings in expressions that read like words and are not handed to gettext."""
    translating, before = [False], ""
    for _line, token, value in _environment.lex(source):
        if token == "operator" and value == "(":
            translating.append(translating[-1] or before in GETTEXT)
        elif token == "operator" and value == ")":
            translating.pop()
        elif token == "string" and not translating[-1] and SENTENCE.match(value[1:-1]):
            yield value[1:-1]
        if token != "whitespace":
            before = value


def literal_words(source: str) -> Iterator[str]:
    """Every piece of literal text in a template, as a person would read it."""
    yield from spoken_strings(source)
    document = BeautifulSoup(without_jinja(source), "html.parser")
    for text in document.find_all(string=True):
        if isinstance(text, Comment | Doctype) or any(parent.name in SILENT for parent in text.parents):
            continue
        if WORD.search(text):
            yield " ".join(text.replace(HELD, " … ").split())
    for tag in document.find_all():
        described = tag.name == "meta" and str(tag.get("name") or tag.get("property")) in DESCRIBING
        for attribute in (*SPOKEN, "content") if described else SPOKEN:
            value = str(tag.get(attribute, ""))
            if WORD.search(value):
                yield f"{attribute}: {value.replace(HELD, '…')}"
