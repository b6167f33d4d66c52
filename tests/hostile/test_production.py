"""What this product refuses to start with, and what a start in production means (fault X17)."""

from __future__ import annotations

import secrets
from dataclasses import replace

import pytest

from marketplace import create_app
from marketplace.settings import DEMO_KEY, Settings, UnsafeSettings

FIT = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": secrets.token_urlsafe(48),
    "PUBLIC_URL": "https://shop.example",
}
SANDBOXES = {"PAYMENTS=sandbox", "SHIPPING=sandbox", "MAIL_URL=sandbox:"}


def objections(**changes: str) -> list[str]:
    with pytest.raises(UnsafeSettings) as refused:
        Settings.from_environment({**FIT, **changes})
    return str(refused.value).split("; ")


@pytest.mark.fault("X17")
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SANDBOX": "1"}, "SANDBOX=1 is refused"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG=1 is refused"),
        ({"SECRET_KEY": ""}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": DEMO_KEY}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "x" * 31}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "a" * 64}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "ChangeMe" + secrets.token_urlsafe(48)}, "SECRET_KEY is weak"),
        ({"PUBLIC_URL": "http://shop.example"}, "PUBLIC_URL must be https"),
        ({"RATE_LIMITS": "off"}, "RATE_LIMITS=off is refused"),
        ({"PAYMENTS": "sandbox"}, "PAYMENTS=sandbox is a sandbox"),
        ({"SHIPPING": "sandbox"}, "SHIPPING=sandbox is a sandbox"),
        ({"MAIL_URL": "sandbox:"}, "MAIL_URL=sandbox: is a sandbox"),
        ({"JOBS": "cron"}, "JOBS=cron is unknown"),
    ],
)
def test_each_unsafe_setting_is_named(changes: dict[str, str], said: str) -> None:
    assert any(said in objection for objection in objections(**changes)), objections(**changes)


ISSUER = {"GIFT_CARDS": "http", "GIFT_CARD_ISSUER_URL": "https://cards.example", "GIFT_CARD_ISSUER_TOKEN": "hush-hush"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({**ISSUER, "GIFT_CARD_ISSUER_URL": ""}, "needs GIFT_CARD_ISSUER_URL"),
        ({**ISSUER, "GIFT_CARD_ISSUER_URL": "http://cards.example"}, "needs GIFT_CARD_ISSUER_URL"),
        ({**ISSUER, "GIFT_CARD_ISSUER_TOKEN": ""}, "needs GIFT_CARD_ISSUER_TOKEN"),
        ({**ISSUER, "GIFT_CARD_ISSUER_TOKEN": "hush hush\r\nHost: x"}, "needs GIFT_CARD_ISSUER_TOKEN"),
        ({"GIFT_CARDS": "paper"}, "GIFT_CARDS=paper is unknown"),
        ({"MAIL_URL": "smtp://shop:hush@"}, "MAIL_URL names no host"),
        ({"MAIL_URL": "pigeon://shop:hush@mail.example"}, "MAIL_URL=pigeon: is unknown"),
        ({"PHOTO_STORE_URL": "ftp://photos"}, "PHOTO_STORE_URL is file:///folder or s3://bucket/prefix"),
        ({"PHOTO_STORE_URL": "s3://b", "AWS_ENDPOINT_URL": "http://s3.example"}, "AWS_ENDPOINT_URL must be https"),
    ],
)
def test_an_adapter_without_what_it_needs_does_not_start_and_says_no_secret(changes: dict[str, str], said: str) -> None:
    found = objections(**changes)
    assert any(said in objection for objection in found), found
    assert not any("hush" in objection for objection in found)


@pytest.mark.fault("X17")
def test_without_a_key_of_its_own_production_does_not_start() -> None:
    unset = {name: value for name, value in FIT.items() if name != "SECRET_KEY"}
    with pytest.raises(UnsafeSettings, match="SECRET_KEY is weak"):
        Settings.from_environment(unset)


def test_what_is_fit_is_not_objected_to() -> None:
    """Of fit settings only the adapters are refused: this version has no others."""
    assert all(any(name in objection for name in SANDBOXES) for objection in objections())


@pytest.mark.fault("X17")
def test_an_application_is_not_made_from_unsafe_settings_either() -> None:
    for unsafe in (
        replace(Settings(), environment="production", sandbox=True),
        replace(Settings(), environment="production", debug=True),
        replace(Settings(), environment="production", secret_key="weak"),
    ):
        with pytest.raises(UnsafeSettings):
            create_app(unsafe)
