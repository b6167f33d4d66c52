"""``MAIL_URL`` read: which mail server takes our letters, how it is spoken to, and in whose name."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

Lock = Literal["tls", "starttls", "offered", "none"]

LONGEST_STEP = 10.0  # seconds; a whole conversation stays within the outbox's lease

_PORTS = {"smtp": 587, "smtps": 465}
_KNOWN = {"from", "starttls", "timeout"}


@dataclass(frozen=True)
class MailServer:
    """``lock`` says how the line is encrypted: from the start, by STARTTLS always or where offered, or not at all."""

    host: str
    port: int
    lock: Lock
    sender: str  # as in From: an address, or a name and an address
    user: str = ""
    password: str = field(default="", repr=False)
    timeout: float = LONGEST_STEP  # seconds, for each step of the conversation

    @property
    def described(self) -> str:
        """The server in words that hold no secret."""
        return f"{self.host}:{self.port}, {self.lock}, from {self.sender}"


def read_mail_url(url: str, *, shop_host: str) -> MailServer:
    """The server of ``smtp://user:password@host:port?from=…`` or ``smtps://…``; raises ``ValueError`` in plain words.

    ``from`` defaults to ``shop@`` the shop's own host. ``starttls`` is ``yes``, ``no`` or left out: then ``smtp://``
    to another machine takes it where it is offered, and insists on it where a password would travel. No message of this
    function repeats the URL: it holds a password.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS:
        named = f"={parts.scheme}:" if parts.scheme else ""
        raise ValueError(f"MAIL_URL{named} is unknown; known: sandbox:, smtp:, smtps:")
    options = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if unknown := sorted(set(options) - _KNOWN):
        raise ValueError(f"MAIL_URL does not know {', '.join(unknown)}; known: {', '.join(sorted(_KNOWN))}")
    if not parts.hostname:
        raise ValueError("MAIL_URL names no host")
    user = unquote(parts.username or "")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        lock=_lock(parts.scheme, options.get("starttls", ""), parts.hostname, has_password=bool(user)),
        sender=_sender(options.get("from", ""), shop_host),
        user=user,
        password=unquote(parts.password or ""),
        timeout=_seconds(options.get("timeout", str(LONGEST_STEP))),
    )


def _lock(scheme: str, starttls: str, host: str, *, has_password: bool) -> Lock:
    if starttls not in {"", "yes", "no"}:
        raise ValueError("MAIL_URL: starttls is yes or no")
    if scheme == "smtps":
        return "tls"
    if starttls:
        return "starttls" if starttls == "yes" else "none"
    if _is_this_machine(host):
        return "none"
    return "starttls" if has_password else "offered"


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sender(given: str, shop_host: str) -> str:
    sender = given or f"shop@{_as_domain(shop_host)}"
    address = address_of(sender)
    if not sender.isprintable() or " " in address or not all(address.rpartition("@")[::2]):
        raise ValueError("MAIL_URL: from is not an address")
    return sender


def address_of(sender: str) -> str:
    """The address alone of ``Name <address>``; with an IP address in brackets Python's own parser may find none."""
    _name, mark, after = sender.rpartition("<")
    return after.partition(">")[0] if mark else after


def _as_domain(host: str) -> str:
    """A host as it stands behind an @: an IP address in brackets."""
    name = urlsplit(f"//{host}").hostname or host
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return name
    return f"[{'IPv6:' if found.version == 6 else ''}{name}]"


def _seconds(given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= LONGEST_STEP:
        raise ValueError(f"MAIL_URL: timeout is seconds a step, up to {LONGEST_STEP:.0f}")
    return seconds
