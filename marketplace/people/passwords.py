"""Passwords: argon2id, long rather than quaint, and the same work whether there is one to compare with or not."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal

SHORTEST, LONGEST = 12, 128

# OWASP's first choice for argon2id: 46 MiB, one pass, one lane. A few dozen milliseconds a guess.
HASHER = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)

# Compared with where there is nothing to compare with: of a random password that was thrown away.
_NOBODYS = "$argon2id$v=19$m=47104,t=1,p=1$eHQsnq8fg1P1cm29REAgQw$cUzQPkBvEyD5MYP7tzjASRjs0SBMkb9F0Zi3rAzFX2U"

# The long ones among the passwords that everybody tries first; the short ones fall to the length.
_COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().splitlines())


class PasswordRefused(Refusal):
    """The password is too easy to guess; ``message`` says what would be better."""

    message = _l("Choose another password.")
    status = 422


def check_new(password: str, *, email: str) -> None:
    """Raise ``PasswordRefused`` for one that is too short, too long, common, or made from the e-mail."""
    plain = _plain(password).lower()
    if len(plain) < SHORTEST:
        raise PasswordRefused(_("Use at least %(count)s characters. Three or four words will do.", count=SHORTEST))
    if len(plain) > LONGEST:
        raise PasswordRefused(_("Use at most %(count)s characters.", count=LONGEST))
    name = email.partition("@")[0]
    if plain in _COMMON or len(set(plain)) < 5 or plain.strip("0123456789!") in (email, name):
        raise PasswordRefused(_("This password is among the first that are tried. Choose another."))


def hashed(password: str) -> str:
    """What is kept of a password."""
    return HASHER.hash(_bytes(password))


def fits(kept: str | None, password: str) -> bool:
    """Whether ``password`` is the one kept; with none kept, the same work and False (fault P07)."""
    if len(password) > 4 * LONGEST:
        password = ""
    try:
        HASHER.verify(kept or _NOBODYS, _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def _plain(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _bytes(password: str) -> bytes:
    """The password as bytes; what cannot be text (lone surrogates) is still only a wrong password."""
    return _plain(password).encode("utf-8", "surrogatepass")
