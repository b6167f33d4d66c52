"""What every answer carries, whatever it is (faults X16, X18)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from tests.accounts import PASSWORD, an_account
from tests.shop import SETTINGS, close
from tests.shopping import live_listing, put_in_bag
from tests.web import Browser, post_form


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
