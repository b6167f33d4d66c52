"""Running something as the shop would outside the test: in a context, and so in a unit of work, of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from typing import TypeVar

from flask import has_app_context

from marketplace.database import db

T = TypeVar("T")


def apart(action: Callable[[], T]) -> T:
    """Run ``action`` with none of the test's contexts.

    What the test wrote is committed first; what it holds is read anew afterwards.
    """
    if has_app_context():
        db.session.commit()
    try:
        return Context().run(action)
    finally:
        if has_app_context():
            db.session.expire_all()
