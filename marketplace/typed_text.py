"""What people type, made safe to keep and to show: one normal form, no invisible tricks (fault X12)."""

from __future__ import annotations

import unicodedata

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal

MOST_MARKS = 3  # combining marks on one letter; Vietnamese needs two, towers need dozens

# Signs that reorder what stands around them, and so can make a text read as something it does not say.
_REORDERING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u180e\u200b\u200c\u200d\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0")


class TextRefused(Refusal):
    """The text holds signs that cannot be shown as they are."""

    message = _l("Use letters, figures and ordinary signs only.")
    status = 422


class TextTooLong(TextRefused):
    message = _l("This text is too long.")

    def __init__(self, longest: int) -> None:
        super().__init__(_("Use at most %(longest)s characters.", longest=longest))


def typed_text(text: str, *, longest: int, lines: bool = False) -> str:
    """The text in NFC without spaces around it; ``lines`` keeps line breaks, else they become spaces.

    Empty where nothing of it can be seen. Raises ``TextTooLong`` above ``longest`` characters and ``TextRefused`` for
    control signs, signs that change the reading direction, lone surrogates and towers of accents.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    text = (text if lines else text.replace("\n", " ")).strip()
    if len(text) > longest:
        raise TextTooLong(longest)
    text = unicodedata.normalize("NFC", text)
    if len(text) > longest:
        raise TextTooLong(longest)
    if any(map(_is_refused, text)) or _has_tower(text):
        raise TextRefused()
    return text if any(sign not in _INVISIBLE and not sign.isspace() for sign in text) else ""


def _is_refused(sign: str) -> bool:
    return sign in _REORDERING or (unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} and sign != "\n")


def _has_tower(text: str) -> bool:
    marks = 0
    for sign in text:
        marks = marks + 1 if unicodedata.combining(sign) or unicodedata.category(sign) == "Mn" else 0
        if marks > MOST_MARKS and sign not in "\ufe0e\ufe0f":
            return True
    return False
