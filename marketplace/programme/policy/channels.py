"""Where the brand's listings are offered besides this shop (NAP-15, BAL-05)."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from marketplace.programme.policy.values import Key, Name, Section, named

Days = Annotated[int, Meta(ge=1, le=120)]


class Outlet(Section, frozen=True, kw_only=True):
    """One outside marketplace. ``key`` is what the connection calls it, ``name`` what people do."""

    key: Key
    name: Name


class Channels(Section, frozen=True, kw_only=True):
    """Outside marketplaces. A piece is offered on all of ``outlets`` at once, and sold in one place only."""

    is_on: bool = False
    outlets: tuple[Outlet, ...] = ()
    usual_days: Days = 30  # from a sale there to its end: for the estimated date of a payout

    def outlet(self, key: str) -> Outlet | None:
        return named(self.outlets, key)
