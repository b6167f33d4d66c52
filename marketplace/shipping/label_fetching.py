"""Fetching a label's document from where Shippo keeps it, and from nowhere else (fault X09).

The address stands in an answer from outside and is not simply followed: ``https`` to one of Shippo's own hosts, whose
resolved address must be a public one and is the one connected to; no redirect, no more than ``MOST_BYTES``, nothing but
a PDF. Where the API itself is on this machine (a rehearsal), its labels may be too, and only there.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import urllib3
from requests.utils import DEFAULT_CA_BUNDLE_PATH

HOSTS = tuple(f"shippo-delivery{region}.s3.amazonaws.com" for region in ("", "-east", "-west"))
DOMAIN = ".goshippo.com"

MOST_BYTES = 5 * 1024 * 1024
LONGEST_URL = 2000
STEP_SECONDS, WHOLE_SECONDS = 10.0, 20.0


class LabelNotFetched(Exception):
    """The document could not be had, or must not be fetched from there."""


@dataclass(frozen=True)
class _Place:
    """Where to connect: an address that was checked, and the name its certificate must show."""

    address: str
    port: int
    host: str
    is_https: bool
    target: str


def fetch_label(url: str, *, on_this_machine: bool) -> bytes:
    """The PDF at ``url``. Raises ``LabelNotFetched``. ``on_this_machine``: the API is, so its labels are."""
    place = _place(url, on_this_machine=on_this_machine)
    until = time.monotonic() + WHOLE_SECONDS
    try:
        with _pool(place) as pool:
            answer = pool.urlopen(
                "GET", place.target, headers={"Host": _host_header(place)}, redirect=False, preload_content=False
            )
            try:
                return _document(answer, until)
            finally:
                answer.close()
    except (urllib3.exceptions.HTTPError, OSError) as trouble:
        raise LabelNotFetched(f"{type(trouble).__name__}: {trouble}"[:200]) from None


def _place(url: str, *, on_this_machine: bool) -> _Place:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise LabelNotFetched("not an address") from None
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or "@" in parts.netloc:
        raise LabelNotFetched("not an address")
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    if on_this_machine:
        return _local(parts, host, port, target)
    if parts.scheme != "https" or port not in (None, 443) or not (host in HOSTS or host.endswith(DOMAIN)):
        raise LabelNotFetched(f"no label is fetched from {parts.scheme}://{host}"[:200])
    return _Place(_resolved(host, 443, local=False), 443, host, True, target)


def _local(parts: SplitResult, host: str, port: int | None, target: str) -> _Place:
    if parts.scheme not in ("http", "https"):
        raise LabelNotFetched(f"no label is fetched by {parts.scheme}"[:200])
    is_https = parts.scheme == "https"
    port = port or (443 if is_https else 80)
    return _Place(_resolved(host, port, local=True), port, host, is_https, target)


def _resolved(host: str, port: int, *, local: bool) -> str:
    """The host's address, checked: all that it resolves to must be public, or all of this machine."""
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise LabelNotFetched(f"{host} is not known"[:200]) from None
    addresses = [_plain_address(one) for one in sorted(found)]
    if not addresses or not all(one.is_loopback if local else one.is_global for one in addresses):
        raise LabelNotFetched(f"{host} leads elsewhere"[:200])
    return str(addresses[0])


def _plain_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address without its zone; one of IPv4 inside of IPv6 is what it stands for."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _pool(place: _Place) -> urllib3.HTTPConnectionPool:
    limits = urllib3.Timeout(connect=STEP_SECONDS, read=STEP_SECONDS)
    if not place.is_https:
        return urllib3.HTTPConnectionPool(place.address, place.port, timeout=limits, retries=False)
    return urllib3.HTTPSConnectionPool(
        place.address,
        place.port,
        timeout=limits,
        retries=False,
        ca_certs=DEFAULT_CA_BUNDLE_PATH,
        server_hostname=place.host,
        assert_hostname=place.host,
    )


def _host_header(place: _Place) -> str:
    return place.host if place.port in (80, 443) else f"{place.host}:{place.port}"


def _document(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    if answer.status != 200:
        raise LabelNotFetched(f"answered {answer.status}")
    document = bytearray()
    for piece in answer.stream(64 * 1024, decode_content=False):
        document += piece
        if len(document) > MOST_BYTES:
            raise LabelNotFetched("too large for a label")
        if time.monotonic() > until:
            raise LabelNotFetched("too slow")
    if not document.startswith(b"%PDF"):
        raise LabelNotFetched("not a PDF")
    return bytes(document)
