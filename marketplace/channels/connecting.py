"""How the outside marketplaces reach us: the address of their feeds, and the secret their webhooks are signed with."""

from __future__ import annotations

import hashlib
import hmac

from flask import current_app

from marketplace.errors import NotFound
from marketplace.programme import versions


def is_connected() -> bool:
    """Whether a connection is set up: what was sold there is heard of even when nothing is offered any more."""
    return bool(current_app.config["SETTINGS"].channels != "none")


def is_open() -> bool:
    """Whether pieces are offered elsewhere at all: the policy says so, and a connection is set up."""
    return versions.current().policy.channels.is_on and is_connected()


def feed_token() -> str:
    """The token in the feeds' addresses. It is made of the shop's key, so another key gives another address."""
    return _made(b"channel feeds")


def check_feed(token: str) -> None:
    """Raise ``NotFound`` for another token, and while nothing is offered elsewhere."""
    if not hmac.compare_digest(token.encode(), feed_token().encode()) or not is_open():
        raise NotFound()


def webhook_secret() -> str:
    """What the webhook is signed with: ``CHANNELS_WEBHOOK_SECRET``, or one of our own making for the sandbox."""
    return str(current_app.config["SETTINGS"].channels_webhook_secret) or _made(b"channel webhooks")


def _made(purpose: bytes) -> str:
    key: str = current_app.config["SETTINGS"].secret_key
    return hmac.new(key.encode(), purpose, hashlib.sha256).hexdigest()
