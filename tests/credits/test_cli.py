"""``flask token``: made once, shown once, revoked at once."""

from __future__ import annotations

import json

from flask import Flask

from marketplace.credits.cli import token_cli
from tests.credits.tills import Till, error


def run(app: Flask, *words: str) -> tuple[int, str, str]:
    answer = app.test_cli_runner().invoke(token_cli, list(words))
    return answer.exit_code, answer.stdout, answer.stderr


def test_a_token_is_shown_once_and_opens_the_api(app: Flask, client) -> None:
    code, said, aside = run(app, "add", "Till 4", "--scope", "gift-cards")
    assert code == 0
    assert "not shown again" in aside
    assert Till(client, said.strip()).issue(500).status_code == 201
    assert said.strip() not in run(app, "list")[1]


def test_a_machine_may_ask(app: Flask, client) -> None:
    code, said, _ = run(app, "add", "Till 4", "--scope", "gift-cards", "--json")
    made = json.loads(said)
    assert (code, made["name"], made["scope"]) == (0, "Till 4", "gift-cards")
    assert Till(client, made["token"]).issue(500).status_code == 201
    (listed,) = json.loads(run(app, "list", "--json")[1])
    assert (listed["name"], listed["scope"], listed["revoked_at"]) == ("Till 4", "gift-cards", None)


def test_a_name_is_given_once(app: Flask) -> None:
    run(app, "add", "Till 4", "--scope", "gift-cards")
    code, said, aside = run(app, "add", "Till 4", "--scope", "gift-cards")
    assert (code, said) == (2, "")
    assert "already" in aside


def test_what_cannot_be_a_name_or_a_scope_is_a_usage_error(app: Flask) -> None:
    assert run(app, "add", "", "--scope", "gift-cards")[0] == 2
    assert run(app, "add", "T" * 61, "--scope", "gift-cards")[0] == 2
    assert run(app, "add", "Till\n4", "--scope", "gift-cards")[0] == 2
    assert run(app, "add", "Till 4", "--scope", "everything")[0] == 2
    assert run(app, "add", "Till 4")[0] == 2
    assert run(app, "list")[1] == ""


def test_a_revoked_token_opens_nothing(app: Flask, client) -> None:
    till = Till(client, run(app, "add", "Till 4", "--scope", "gift-cards")[1].strip())
    assert run(app, "revoke", "Till 4")[:2] == (0, "Till 4 is revoked\n")
    assert error(till.issue(500)) == (401, "unauthorized")
    assert run(app, "revoke", "Till 4")[0] == 2
    assert run(app, "revoke", "Till 5")[0] == 2
    assert "revoked" in run(app, "list")[1]
