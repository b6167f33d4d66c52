"""Secrets on their way out: encrypted in the outbox row until the hand-over, then erased.

The key is derived from ``SECRET_KEY``, so a copy of the database alone opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from flask import current_app
from werkzeug.utils import import_string

from marketplace import shapes

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


def _fernet() -> Fernet:
    return _fernet_of(current_app.config["SECRET_KEY"].encode())


@lru_cache(maxsize=8)
def _fernet_of(secret: bytes) -> Fernet:
    fernet: type[Fernet] = import_string("cryptography.fernet:Fernet")  # seven megabytes, loaded with the first secret
    return fernet(base64.urlsafe_b64encode(hashlib.sha256(b"outbox-secrets:" + secret).digest()))


def seal(secrets: dict[str, str]) -> bytes:
    """Encrypt a small mapping of secrets."""
    return _fernet().encrypt(msgspec.json.encode(secrets))


def unseal(sealed: bytes) -> dict[str, str]:
    """The mapping that ``seal`` was given."""
    return shapes.decode(_fernet().decrypt(sealed), dict[str, str])


def fingerprint(secret: str) -> str:
    """Tells a secret from another without keeping it. Keyed: who has the database alone cannot try short ones out."""
    key = hashlib.sha256(b"fingerprints:" + current_app.config["SECRET_KEY"].encode()).digest()
    return hmac.new(key, secret.encode(), hashlib.sha256).hexdigest()
