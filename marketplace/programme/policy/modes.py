"""Which ways of selling are on."""

from __future__ import annotations

from msgspec import field

from marketplace.programme.policy.buying import Buying
from marketplace.programme.policy.consigning import Consigning
from marketplace.programme.policy.values import Label, Section


class Supply(Section, frozen=True, kw_only=True):
    """The brand's own pieces beside the members' (MK-17)."""

    is_on: bool
    tag: Label


class Modes(Section, frozen=True, kw_only=True):
    """Ways of selling. A mode that is off is not offered anywhere."""

    peer_to_peer: bool
    supply: Supply
    consignment: Consigning = field(default_factory=Consigning)
    buyback: Buying = field(default_factory=Buying)

    @property
    def has_sellers(self) -> bool:
        """Whether members can sell in some way."""
        return self.peer_to_peer or self.consignment.is_on or self.buyback.is_on
