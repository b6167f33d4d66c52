"""Bodies that are too large, too deep, too many, too slow or wrongly announced: refused, and at once (fault X14)."""

from __future__ import annotations

import gzip
import io
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from marketplace.permissions import Gate, permission_of
from tests.accounts import an_account
from tests.hostile.world import build, everything, routes, token_of
from tests.live import LiveShop
from tests.photos import phone_photo
from tests.plugins.databases import Databases
from tests.web import Browser

AT_ONCE = 2.0  # seconds an answer may take on a busy machine of two cores
MEGABYTE = 1024**2
FORM = "application/x-www-form-urlencoded"
REFUSED = {400, 401, 403, 404, 405, 413, 415, 419, 422}


@pytest.mark.fault("X14")
@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "application/json"])
def test_a_huge_body_is_refused_on_every_route(app: Flask, client: Browser, kind: str) -> None:
    world = build(app)
    client.sign_in_as(world.seller)
    before = everything()
    field = b'--x\r\nContent-Disposition: form-data; name="words"\r\n\r\n'
    body = (field if "multipart" in kind else b"words=") + b"a" * (3 * MEGABYTE)
    for rule in routes(app, "POST"):
        began = time.monotonic()
        answer = client.post(world.url(app, rule), data=body, content_type=kind)
        assert answer.status_code in REFUSED, f"{rule.rule}: {answer.status}"
        assert time.monotonic() - began < AT_ONCE, rule.rule
    assert everything() == before


@pytest.mark.fault("X14")
def test_ten_thousand_fields_or_files_are_refused(client: Browser) -> None:
    client.sign_in_as(an_account())
    token = token_of(client)
    part = b'--x\r\nContent-Disposition: form-data; name="file%d"; filename="x.jpg"\r\n\r\nx\r\n'
    files = b"".join(part % number for number in range(10_000)) + b"--x--"
    fields = "&".join(["csrf_token=" + token, *(f"field{number}=x" for number in range(10_000))]).encode()
    kinds = {FORM: fields, "multipart/form-data; boundary=x": files}
    for path in ("/account/name", "/track", "/checkout", "/sign-in"):
        for kind, body in kinds.items():
            began = time.monotonic()
            answer = client.post(path, data=body, content_type=kind)
            assert answer.status_code in REFUSED, path
            assert time.monotonic() - began < AT_ONCE, path


@pytest.mark.fault("X14", "X01")
def test_ten_thousand_files_for_a_listing_leave_it_as_it_was(app: Flask, client: Browser) -> None:
    world = build(app)
    client.sign_in_as(world.seller)
    sent = {f"front{number}": (io.BytesIO(b"x"), "x.jpg") for number in range(10_000)}
    path = f"/sell/listings/{world.draft.number}/photos"
    token = token_of(client)
    before = everything()
    answer = client.post(path, data={"csrf_token": token, **sent}, content_type="multipart/form-data")
    assert answer.status_code in REFUSED
    assert everything() == before


@pytest.mark.fault("X14")
def test_deep_wide_and_packed_json_is_refused_by_every_machine_route(app: Flask, client: Browser) -> None:
    world = build(app)
    machines = [rule for rule in routes(app, "POST") if permission_of(app, rule.endpoint).gate is Gate.MACHINE]  # type: ignore[union-attr]
    assert len(machines) >= 5
    bodies = [
        b"[" * 200_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        json.dumps({str(number): number for number in range(100_000)}).encode(),
        b"1" * 100_000,
        gzip.compress(b"0" * (50 * MEGABYTE)),
    ]
    before = everything()
    for rule in machines:
        for body in bodies:
            encoding = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
            began = time.monotonic()
            answer = client.post(world.url(app, rule), data=body, content_type="application/json", headers=encoding)
            assert answer.status_code in REFUSED, f"{rule.rule}: {answer.status}"
            assert time.monotonic() - began < AT_ONCE, rule.rule
    assert everything() == before


# On the wire ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def port(engine: str, databases: Databases, tmp_path: Path) -> Iterator[int]:
    """A listening shop's port."""
    copies = databases.of(engine)
    url = copies.copy()
    shop = LiveShop(url, photos=tmp_path)
    shop.start()
    yield int(shop.url.rpartition(":")[2])
    shop.stop()
    copies.drop(url)


def said(port: int, request: bytes, *, patience: float = 5) -> bytes:
    """The first line of the answer to raw bytes; empty where the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(request)
        try:
            return connection.recv(4096).split(b"\r\n")[0]
        except (TimeoutError, ConnectionResetError):
            return b""


def head(port: int, *lines: str, method: str = "POST", path: str = "/track") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *lines, "", "")).encode("latin-1")


@pytest.mark.fault("X14", "X15")
def test_what_is_wrong_on_the_wire_is_refused_and_the_shop_answers_on(port: int) -> None:
    form = f"Content-Type: {FORM}"
    refused = {
        "a length that is no number": head(port, form, "Content-Length: many"),
        "a negative length": head(port, form, "Content-Length: -1"),
        "two lengths": head(port, form, "Content-Length: 3", "Content-Length: 4") + b"a=b",
        "both length and chunks": head(port, form, "Content-Length: 3", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        "a chunk that is no number": head(port, form, "Transfer-Encoding: chunked") + b"zz\r\nabc\r\n0\r\n\r\n",
        "another encoding": head(port, form, "Transfer-Encoding: gzip") + b"abc",
        "a header of 300 KB": head(port, "X: " + "a" * 300_000),
        "a line break in a header": head(port, form, "X: a\nb: c"),
        "no host at all": b"GET / HTTP/1.1\r\n\r\n",
        "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port,
        "a length of a terabyte": head(port, form, f"Content-Length: {2**40}"),
    }
    for name, request in refused.items():
        began = time.monotonic()
        answer = said(port, request)
        assert not answer.startswith((b"HTTP/1.1 2", b"HTTP/1.1 3")), f"{name}: {answer!r}"
        assert not answer.startswith(b"HTTP/1.1 500"), f"{name}: {answer!r}"
        assert time.monotonic() - began < 10, name
        assert said(port, head(port, "Connection: close", method="GET", path="/healthz")).endswith(b"200 OK"), name


@pytest.mark.fault("X14", "W16")
def test_slow_senders_keep_nobody_waiting(port: int) -> None:
    """Many connections that send a body byte by byte hold no thread: only a whole request reaches one."""
    request = head(port, f"Content-Type: {FORM}", "Content-Length: 100000")
    slow = [socket.create_connection(("127.0.0.1", port), timeout=5) for _ in range(120)]
    try:
        for connection in slow:
            connection.sendall(request + b"a")
        for _ in range(3):
            began = time.monotonic()
            answer = said(port, head(port, "Connection: close", method="GET", path="/healthz"))
            assert answer.endswith(b"200 OK")
            assert time.monotonic() - began < AT_ONCE
            for connection in slow:
                connection.sendall(b"a")
    finally:
        for connection in slow:
            connection.close()


@pytest.mark.fault("X14")
def test_an_honest_upload_still_passes(app: Flask, client: Browser) -> None:
    """The control: what the limits are there to let through."""
    world = build(app)
    client.sign_in_as(world.seller)
    sent = {"csrf_token": token_of(client), "front": (io.BytesIO(phone_photo(7)), "IMG_7.jpg")}
    answer = client.post(f"/sell/listings/{world.draft.number}/photos", data=sent, content_type="multipart/form-data")
    assert answer.status_code == 303
