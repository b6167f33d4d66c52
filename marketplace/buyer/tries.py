"""How often one may guess, and how often one may ask for mail (fault P08).

Three limits each: for one mailbox from one address, for one mailbox from anywhere, and for one address. A mailbox is
one however its e-mail is spelt. What succeeds is not counted as a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Response, request
from flask_limiter.util import get_remote_address

from marketplace.limits import limiter
from marketplace.people.emails import limit_key
from marketplace.permissions import current_person

View = TypeVar("View", bound=Callable[..., Any])


def _mailbox() -> str:
    person = current_person()
    return f"mailbox:{limit_key(request.form.get('email') or (person.email if person else ''))}"


def _mailbox_here() -> str:
    return f"{_mailbox()} from {get_remote_address()}"


def _failed(response: Response) -> bool:
    return response.status_code != 303


def _limited(view: View, *limits: tuple[str, Callable[[], str]], failures_only: bool) -> View:
    counted = _failed if failures_only else None
    limited: Any = view
    for rate, key in limits:
        limited = limiter.limit(rate, key_func=key, methods=["POST"], deduct_when=counted)(limited)
    return cast("View", limited)


def guessing(view: View) -> View:
    """A form that a guess could get through: a password, a code."""
    limits = (
        ("8 per 15 minutes", _mailbox_here),
        ("40 per hour", _mailbox),
        ("100 per 15 minutes", get_remote_address),
    )
    return _limited(view, *limits, failures_only=True)


def asking(view: View) -> View:
    """A form that sends mail to whoever it names."""
    limits = (("5 per hour", _mailbox_here), ("10 per hour", _mailbox), ("100 per hour", get_remote_address))
    return _limited(view, *limits, failures_only=False)
