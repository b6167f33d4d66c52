"""News from people: what others may react to. Tokens ride along in memory only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from marketplace.people.models import TokenPurpose


@dataclass(frozen=True)
class LinkWanted:
    """A person asked for a link by mail, to ``email`` (a new address is not the person's own yet).

    ``token`` is the secret in the link, ``link_id`` the link's row.
    """

    link_id: int
    person_id: int
    purpose: TokenPurpose
    email: str = field(repr=False)
    token: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class AccountExists:
    """Someone tried to join with an e-mail that has an account: its owner is told, the page says the same as ever."""

    person_id: int
    at: datetime


@dataclass(frozen=True)
class EmailVerified:
    """An account proved the e-mail it now has; past guest orders of that address are now its own."""

    person_id: int
    at: datetime


@dataclass(frozen=True)
class PasswordChanged:
    """The password was set or changed; every other sign-in has ended."""

    person_id: int
    at: datetime


@dataclass(frozen=True)
class PurchaseReturned:
    """A purchase that was in the history went back to the shop: what was made of it must stop."""

    purchase_id: int
    at: datetime
