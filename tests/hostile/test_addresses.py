"""Addresses and hosts: where a redirect leads, whose name a mail carries, what a path reaches (X08 to X15)."""

from __future__ import annotations

import socket
from collections.abc import Callable
from itertools import cycle
from urllib.parse import unquote_to_bytes, urlsplit

import pytest
from flask import Flask

from tests.accounts import PASSWORD, an_account, mail_to
from tests.hostile.world import build, everything, routes, token_of
from tests.shopping import live_listing
from tests.web import Browser, post_form

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/%2fevil.example",
    "/%5cevil.example",
    "https://evil.example",
    "https:evil.example",
    "HTTPS:/evil.example",
    "http://localhost@evil.example/",
    "http://localhost.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "\t//evil.example",
    " //evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "evil.example",
    "?next=//evil.example",
    "/.evil.example//\u3000",
    "/shop\u2028",
]


@pytest.mark.fault("X08")
@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in(client: Browser, address: str) -> None:
    person = an_account()
    answer = post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD, next=address)
    assert answer.status_code == 303
    assert _is_ours(str(answer.location)), answer.location
    answer = client.get("/sign-in", query_string={"next": address})
    assert answer.status_code in (303, 400)
    assert _is_ours(str(answer.location or "/"))
    answer = client.get("/membership", query_string={"next": address})
    assert answer.status_code in (303, 400)
    assert _is_ours(str(answer.location or "/"))


def _is_ours(location: str) -> bool:
    """As a browser reads it: backslashes are slashes, tabs and line breaks are nothing."""
    read = location.replace("\\", "/").translate({9: None, 10: None, 13: None}).strip()
    return read.startswith("/") and not read.startswith("//") and not urlsplit(read).netloc


@pytest.mark.fault("X08")
def test_a_path_of_our_own_is_come_back_to(client: Browser) -> None:
    person = an_account()
    answer = client.get("/account/orders")
    assert answer.location == "/sign-in?next=/account/orders"
    answer = post_form(client, answer.location, "sign-in", email=person.email, password=PASSWORD)
    assert answer.location == "/account/orders"


@pytest.mark.fault("X09")
def test_nothing_is_ever_fetched_by_an_address(app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address sent where a file or a text belongs is text: nobody even asks whose it is."""
    world = build(app)
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_more: asked.append(args))
    address = "http://169.254.169.254/latest/meta-data/"
    names = ("url", "image", "photo", "front", "callback", "webhook", "next", "return_url", "words", "style_number")
    for person in world.people.values():
        client.sign_in_as(person)
        sent = {"csrf_token": token_of(client), **dict.fromkeys(names, address)}
        for rule in routes(app, "POST"):
            if person not in world.those_it_is_for(app, rule):
                continue
            client.post(world.url(app, rule), data=sent)
            if person is world.seller:
                client.post(world.url(app, rule), json=sent)
    assert asked == []


@pytest.mark.fault("X10")
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
        {"Host": "localhost:81"},
        {"Host": "localhost@evil.example"},
        {"Host": ""},
        {"Host": "[::1"},
        {"Host": "local\u00e9"},
    ],
)
def test_a_foreign_host_is_refused(client: Browser, headers: dict[str, str]) -> None:
    an_account("ada@example.com")
    answer = client.get("/reset", headers=headers)
    assert answer.status_code == 400
    assert "evil" not in answer.text
    assert client.post("/reset", data={"email": "ada@example.com"}, headers=headers).status_code == 400
    assert mail_to("ada@example.com") == []


@pytest.mark.fault("X10")
def test_a_forwarded_host_never_gets_into_a_mail(client: Browser, run_jobs: Callable[[], int]) -> None:
    an_account("ada@example.com")
    for name in ("HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_SERVER", "HTTP_X_HOST", "HTTP_X_ORIGINAL_HOST"):
        client.environ_base[name] = "evil.example"
    assert post_form(client, "/reset", "reset", email="ada@example.com").status_code == 303
    run_jobs()
    [letter] = mail_to("ada@example.com")
    assert "evil" not in letter.text + letter.html + letter.subject
    assert "http://localhost/reset/" in letter.text


@pytest.mark.fault("X13")
@pytest.mark.parametrize(
    "path",
    [
        "/photos/../../settings.py/320.webp",
        "/photos/..%2f..%2fetc%2fpasswd/320.webp",
        "/photos/%2e%2e/%2e%2e/320.webp",
        "/photos//etc/passwd/320.webp",
        "/photos/a%00b/320.webp",
        "/photos/a/99999999999999999999.webp",
        "/static/../marketplace/settings.py",
        "/static/..%2fmarketplace%2fsettings.py",
        "/static/%2e%2e/wsgi.py",
        "/static//etc/passwd",
        "/theme/..%2f..%2fx.css",
        "/sell/sales/..%2f..%2fx/label.pdf",
        "/help/..%2f..%2fhome",
        "/help/help.html",
        "/p/../../x",
        "/terms/../1",
    ],
)
def test_a_path_reaches_no_file(client: Browser, path: str) -> None:
    answer = client.get(path)
    is_theme = path.startswith("/theme/") and answer.mimetype == "text/css"
    is_shorter = answer.status_code == 308 and str(answer.location).startswith("http://localhost/")
    assert answer.status_code in (303, 400, 404) or is_theme or is_shorter
    assert "import" not in answer.text
    assert "root:" not in answer.text


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n%b\r\n--x--'
UNDECODABLE = [b"%ff", b"%c0%af", b"%ed%a0%80", b"%00", b"%80", b"%f5%80%80%80", b"%e2%28%a1"]


@pytest.mark.fault("X15")
@pytest.mark.parametrize("raw", UNDECODABLE)
def test_bytes_that_are_no_text_are_refused_in_every_address(app: Flask, client: Browser, raw: bytes) -> None:
    live_listing()
    text = raw.decode()
    for path in ("/", "/shop", "/search", "/sign-in", "/track"):
        assert client.get(f"{path}?q={text}").status_code == 400, path
        assert client.get(f"{path}?{text}=1").status_code == 400, path
    for path in ("/shop/", "/p/", "/help/", "/orders/", "/", "/reset/", "/orders/link/", "/photos/x/"):
        sent = path + unquote_to_bytes(raw).decode("latin-1")  # as a server hands it on
        assert client.get("/", environ_overrides={"PATH_INFO": sent}).status_code == 400, path


NO_TEXT = [b"\xff\xfe", b"\xed\xa0\x80", b"\x00", b"\xc3", b"%ff"]


@pytest.mark.fault("X15")
def test_bytes_that_are_no_text_are_refused_in_every_form(app: Flask, client: Browser) -> None:
    """On each route each kind of body, with one after the other of the bytes; with all of them on one."""
    world = build(app)
    kinds = {
        "application/x-www-form-urlencoded": b"email=%b&%b=1&csrf_token=%b",
        "multipart/form-data; boundary=x": MULTIPART,
        "application/json": b'{"email": "%b"}',
    }
    posts, next_one = routes(app, "POST"), cycle(NO_TEXT)
    before = everything()
    for rule in posts:
        for kind, body in kinds.items():
            for raw in NO_TEXT if rule is posts[0] else [next(next_one)]:
                sent = body.replace(b"%b", raw)
                answer = client.post(world.url(app, rule), data=sent, content_type=kind)
                assert 400 <= answer.status_code < 500, f"{rule.rule}: {kind} {raw!r} {answer.status}"
    assert everything() == before


@pytest.mark.fault("X15")
@pytest.mark.parametrize("raw", NO_TEXT)
def test_bytes_that_are_no_text_are_refused_in_cookies_and_headers(client: Browser, raw: bytes) -> None:
    latin = raw.decode("latin-1").replace("\x00", "")
    for name in ("Cookie", "Accept-Language", "Referer", "User-Agent", "If-None-Match", "Authorization", "Range"):
        value = f"session={latin}" if name == "Cookie" else latin
        assert client.get("/", headers={name: value}).status_code in (200, 400), name


@pytest.mark.fault("X15")
def test_a_value_that_is_no_text_is_refused_in_a_form_that_would_else_be_taken(client: Browser) -> None:
    for raw in (b"%ff", b"%ed%a0%80", b"a%00b"):
        body = b"csrf_token=" + token_of(client).encode() + b"&number=R1&email=" + raw + b"%40example.com"
        answer = client.post("/track", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code in (400, 422)
