"""Reprise: the resale storefront a brand runs itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from marketplace.application import create_app as create_app


def __getattr__(name: str) -> Any:
    """Hand out ``create_app`` when it is asked for: a part of the product can be imported without the whole of it."""
    if name == "create_app":
        from marketplace.application import create_app

        return create_app
    raise AttributeError(name)
