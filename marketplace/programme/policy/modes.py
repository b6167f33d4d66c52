"""Which ways of selling are on."""

from __future__ import annotations

from marketplace.programme.policy.values import Label, Section


class Supply(Section, frozen=True, kw_only=True):
    """The brand's own pieces beside the members' (MK-17)."""

    is_on: bool
    tag: Label


class Modes(Section, frozen=True, kw_only=True):
    """Ways of selling. A mode that is off is not offered anywhere."""

    peer_to_peer: bool
    supply: Supply
