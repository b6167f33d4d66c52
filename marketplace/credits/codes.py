"""The codes of gift cards: what they look like, how they are read, and how they are kept.

Twenty-eight random Crockford figures are 140 bits; whoever knows the last four still misses 120. Only the hash of a
code is stored: plain SHA-256, because a random code of this length cannot be guessed from its hash, and a keyed hash
would turn every card worthless with the loss of ``SECRET_KEY`` (docs/decisions/0010-gift-card-codes-are-not-kept.md).
"""

from __future__ import annotations

import hashlib
import secrets

from marketplace.database import CROCKFORD

LENGTH = 28
GROUP = 4
LONGEST_TYPED = 80  # a code with every group spaced out; nothing longer is looked at

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


def new_code() -> str:
    """A fresh code in groups of four, as it is mailed and printed."""
    figures = "".join(secrets.choice(CROCKFORD) for _ in range(LENGTH))
    return "-".join(figures[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def hash_of(code: str) -> str:
    """The hash a code is known by, however it was typed: case, spaces, hyphens and O for 0 make no difference."""
    figures = code[:LONGEST_TYPED].upper().translate(_READ_AS)
    return hashlib.sha256(f"gift-card:{figures}".encode()).hexdigest()


def last_four(code: str) -> str:
    """What screens may show of a code."""
    return code[-GROUP:]
