"""The shop starts with Shippo only where it has what that needs, and never spends money in a sandbox."""

from __future__ import annotations

import pytest

from marketplace.settings import Settings, UnsafeSettings
from tests.doubles.shippo import TOKEN

NEEDED = {"SHIPPING": "shippo", "SHIPPO_TOKEN": TOKEN, "SHIPPO_WEBHOOK_TOKEN": "w" * 24}


def test_with_all_it_needs_it_starts() -> None:
    settings = Settings.from_environment(NEEDED)
    assert settings.shippo_api_base == "https://api.goshippo.com"
    assert TOKEN not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"SHIPPO_TOKEN": ""}, "needs SHIPPO_TOKEN"),
        ({"SHIPPO_WEBHOOK_TOKEN": ""}, "needs SHIPPO_WEBHOOK_TOKEN"),
        ({"SHIPPO_TOKEN": "shippo_live_1", "SANDBOX": "1"}, "refuses a live SHIPPO_TOKEN"),
        ({"SHIPPO_API_BASE": "http://api.example"}, "must be https"),
        ({"SHIPPO_API_BASE": "ftp://127.0.0.1"}, "must be https"),
        ({"SHIPPO_API_BASE": "https://"}, "must be https"),
        ({"SHIPPING": "pigeon"}, "SHIPPING=pigeon is unknown"),
    ],
)
def test_without_it_does_not(changes: dict[str, str], why: str) -> None:
    with pytest.raises(UnsafeSettings, match=why):
        Settings.from_environment({**NEEDED, **changes})


@pytest.mark.parametrize("base", ["http://127.0.0.1:4010", "http://localhost:4010/", "http://[::1]:4010"])
def test_a_rehearsal_on_this_machine_may_go_without_tls(base: str) -> None:
    settings = Settings.from_environment({**NEEDED, "SHIPPO_API_BASE": base, "SANDBOX": "1"})
    assert settings.shippo_api_base == base.rstrip("/")
