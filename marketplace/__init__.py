"""Reprise: the resale storefront a brand runs itself."""

from marketplace.application import create_app

__all__ = ["create_app"]
