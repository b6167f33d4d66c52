"""What people type, made safe to keep and to show: one normal form, no invisible tricks (faults X06, X12).

name = clean_text(raw, 80)                                   # raises TextRefused
name = StringField(_l("Full name"), [PlainText(80)])         # in a form; the field then holds the clean text
"""

from __future__ import annotations

import re
import unicodedata

import wtforms
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import StopValidation

from marketplace.errors import Refusal

MOST_MARKS = 4  # combining marks on one letter: Vietnamese needs two, pointed Hebrew three, towers dozens

_EMOJI_JOINTS = "\u200c\u200d"  # joiners: part of emoji and of Persian and Indian spelling, nothing on their own
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"  # letters by category that show nothing
_UNPRINTABLE = frozenset({"Cc", "Cs", "Cn"})
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class TextRefused(Refusal):
    """The text holds signs that cannot be shown as they are."""

    message = _l("Use letters, figures and ordinary signs only.")
    status = 422


class TextTooLong(TextRefused):
    """The text is longer than its place."""

    message = _l("This text is too long.")

    def __init__(self, max_length: int) -> None:
        super().__init__(_("Use at most %(count)s characters.", count=max_length))


def clean_text(value: str, max_length: int, *, lines: bool = False) -> str:
    """The text in NFC with single spaces and none around it; ``lines`` keeps line breaks, else they are refused.

    Empty where nothing of it can be seen. Raises ``TextTooLong`` above ``max_length`` characters, and ``TextRefused``
    for control and unassigned characters, those that change the reading direction or hide, lone surrogates, and towers
    of accents.
    """
    if value.isascii() and value.isprintable() and "  " not in value:
        return _within(value.strip(" "), max_length)
    if len(value) > 4 * max_length + 100:  # before any work that grows with the text
        raise TextTooLong(max_length)
    text = value.replace("\r\n", "\n").replace("\t", " ") if lines else value.replace("\t", " ")
    text = unicodedata.normalize("NFC", text)
    if any(_is_refused(sign) and not (lines and sign == "\n") for sign in text) or _has_tower(text):
        raise TextRefused()
    text = _SPACES.sub(" ", text)
    text = "\n".join(line.strip() for line in _BLANK_LINES.sub("\n\n", text).split("\n")).strip()
    return _within(text if any(map(_is_seen, text)) else "", max_length)


def _within(text: str, max_length: int) -> str:
    if len(text) > max_length:
        raise TextTooLong(max_length)
    return text


def _is_refused(sign: str) -> bool:
    category = unicodedata.category(sign)
    if category == "Cf":
        return sign not in _EMOJI_JOINTS
    return category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} or sign == "\ufffd"


def _is_seen(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LNPS" and sign not in _BLANK_LETTERS


def _has_tower(text: str) -> bool:
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            return True
    return False


def printable(value: str | None) -> str | None:
    """What of a text can stand in a page again, to be corrected there: a filter for fields that are shown as typed."""
    return value and "".join(sign for sign in value if sign == "\n" or unicodedata.category(sign) not in _UNPRINTABLE)


class PlainText:
    """A WTForms validator: the field's text, cleaned in place, of ``min_length`` (default: anything but nothing) up.

    ``required=False`` lets an empty answer through.
    """

    def __init__(self, max_length: int, *, required: bool = True, min_length: int = 1, lines: bool = False) -> None:
        self.max_length, self.required, self.min_length, self.lines = max_length, required, min_length, lines
        self.field_flags = {"maxlength": max_length}
        if required:
            self.field_flags["required"] = True

    def __call__(self, _form: wtforms.Form, field: wtforms.Field) -> None:
        try:
            field.data = clean_text(field.data or "", self.max_length, lines=self.lines)
        except TextRefused as refusal:
            field.data = printable(field.data)
            raise StopValidation(str(refusal.message)) from refusal
        if not field.data and self.required:
            raise StopValidation(_("Enter an answer."))
        if field.data and len(field.data) < self.min_length:
            raise StopValidation(_("Use at least %(count)s characters.", count=self.min_length))


def spreadsheet_cell(value: object) -> str:
    """A value as a CSV cell that no spreadsheet takes for a formula (fault X05)."""
    text = str(value)
    return "'" + text if text.startswith(_FORMULA) else text
