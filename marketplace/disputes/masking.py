"""Contact details in messages are masked: parties who deal past the shop lose its protection (fault P12)."""

from __future__ import annotations

import re

MASK = "[…]"

_EMAIL = re.compile(r"[\w.+-]+\s*(?:@|\(at\)|\[at\])\s*[\w-]+(?:\s*(?:\.|\(dot\)|\[dot\])\s*[\w-]+)+", re.IGNORECASE)
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|io|me|co|shop|app|link)\b(?:/\S*)?", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![\w.])@[A-Za-z0-9_.]{3,}")
# Seven figures or more, however they are spaced; an amount or an order's number has letters or fewer figures.
_PHONE = re.compile(r"(?<![\w$€£])\+?\(?\d(?:[\s().\-/]{0,2}\d){6,}(?!\w)")


def mask(words: str) -> tuple[str, bool]:
    """The words with e-mail addresses, links, handles and telephone numbers taken out, and whether there were any."""
    masked = words
    for pattern in (_EMAIL, _LINK, _HANDLE, _PHONE):
        masked = pattern.sub(MASK, masked)
    return masked, masked != words
