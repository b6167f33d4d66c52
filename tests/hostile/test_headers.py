"""What every answer carries, whatever it is (faults X16, X18)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from marketplace.permissions import Gate, permission_of
from tests.accounts import PASSWORD, an_account
from tests.hostile.world import build, routes
from tests.shop import SETTINGS, close
from tests.shopping import live_listing, put_in_bag
from tests.web import Browser, post_form

LETTER = re.compile(r"/sandbox/mail/\d+/page")


@pytest.mark.fault("X18", "X03")
def test_every_answer_forbids_framing_sniffing_and_inline_code(app: Flask, client: Browser) -> None:
    world = build(app)
    for person in (None, *world.people.values()):
        if person is not None:
            client.sign_in_as(person)
        addresses = [world.url(app, rule) for rule in routes(app, "GET")] + ["/nothing", "/shop/nothing", "/help?q=%ff"]
        for address in addresses:
            headers = client.get(address).headers
            assert headers["X-Content-Type-Options"] == "nosniff", address
            assert headers["Referrer-Policy"] == "same-origin"
            policy = headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "'unsafe-eval'" not in policy
            if LETTER.match(address):
                assert "script-src" not in policy, "a letter runs nothing"
                continue
            assert "'unsafe-inline'" not in policy, address
            assert "frame-ancestors 'none'" in policy
            assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.fault("X16")
def test_no_page_of_a_person_is_kept(app: Flask, client: Browser) -> None:
    world = build(app)
    personal = {Gate.SIGNED_IN, Gate.MEMBER, Gate.STAFF, Gate.SCOPED}
    for person in world.people.values():
        client.sign_in_as(person)
        for rule in routes(app, "GET"):
            if permission_of(app, rule.endpoint).gate not in personal:  # type: ignore[union-attr]
                continue
            answer = client.get(world.url(app, rule))
            assert "no-store" in answer.headers["Cache-Control"], f"{rule.rule}: {answer.headers['Cache-Control']}"


@pytest.mark.fault("X16")
def test_a_guests_bag_and_checkout_are_not_kept(client: Browser) -> None:
    put_in_bag(client, live_listing())
    for path in ("/", "/bag", "/checkout", "/shop"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


@pytest.mark.fault("X18")
def test_cookies_are_for_this_host_over_https_alone_and_out_of_scripts_reach(app: Flask) -> None:
    cookie = _cookie_of_a_form(app, {})
    assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= cookie
    secure = _cookie_of_a_form(
        app, {"SESSION_COOKIE_NAME": "__Host-session", "SESSION_COOKIE_SECURE": True}, base_url="https://localhost"
    )
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= secure
    assert not any(part.startswith("Domain=") for part in cookie | secure)


def _cookie_of_a_form(app: Flask, config: dict[str, object], base_url: str = "http://localhost") -> set[str]:
    kept = {name: app.config[name] for name in config}
    app.config.update(config)
    try:
        header = app.test_client().get("/sign-in", base_url=base_url).headers.get("Set-Cookie", "")
    finally:
        app.config.update(kept)
    assert header
    return set(header.split("; ")[1:])


@pytest.mark.fault("X18")
def test_https_is_asked_for_and_remembered(tmp_path: Path) -> None:
    from marketplace import create_app

    secure = replace(SETTINGS, public_url="https://shop.example", database_url=f"sqlite:///{tmp_path / 'empty.db'}")
    shop = create_app(secure)
    assert (shop.config["SESSION_COOKIE_NAME"], shop.config["SESSION_COOKIE_SECURE"]) == ("__Host-session", True)
    answer = shop.test_client().get("/healthz", base_url="https://shop.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
    close(shop)


def test_after_signing_out_the_back_button_finds_nothing(app: Flask, client: Browser) -> None:
    person = an_account()
    post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD)
    post_form(client, "/account", "sign-out")
    assert client.get("/account").status_code == 303
