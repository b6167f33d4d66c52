"""Whatever is sent to the gift-card API: a clear error for machines, nothing done, no fault of ours."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from marketplace.database import db
from tests.credits.tills import CARDS, Till, error

GOOD = {"amount": 8_000, "currency": "USD", "reference": "R1"}


@pytest.fixture
def till(client) -> Till:
    return Till(client)


def raw(till: Till, data: bytes | str, *, kind: str | None = "application/json", path: str = "") -> TestResponse:
    headers = {"Authorization": f"Bearer {till.token}", "Idempotency-Key": "k"}
    return till.client.post(CARDS + path, data=data, content_type=kind, headers=headers)


def nothing_was_done() -> bool:
    tables = ("gift_cards", "redemptions", "ledger_transactions", "idempotent_answers", "events")
    return not any(db.session.scalar(sa.text(f"SELECT count(*) FROM {table}")) for table in tables)


NO_AMOUNTS = [
    "-1",
    "0",
    "80.5",
    "8000.0",
    "1e3",
    "1e400",
    "1e-9",
    '"8000"',
    '"8_000"',
    '"８０００"',
    "true",
    "null",
    "[]",
]
NO_AMOUNTS += [str(10**11 + 1), str(2**63), str(2**64), "9" * 5_000]


# Amounts and texts ---------------------------------------------------------------------------------------------------


@pytest.mark.fault("B20")
@pytest.mark.parametrize("amount", NO_AMOUNTS)
def test_an_amount_is_a_whole_number_of_minor_units_within_reason(till: Till, amount: str) -> None:
    answer = raw(till, f'{{"amount": {amount}, "currency": "USD", "reference": "R1"}}')
    assert answer.status_code in {400, 422}
    assert answer.json["error"]["code"] in {"bad_json", "unprocessable"}
    assert nothing_was_done()


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_number_is_no_json(till: Till, literal: str) -> None:
    answer = raw(till, f'{{"amount": {literal}, "currency": "USD", "reference": "R1"}}')
    assert error(answer) == (400, "bad_json")
    assert nothing_was_done()


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "usd"},
        {"currency": "US"},
        {"currency": "USD\n"},
        {"currency": 840},
        {"reference": ""},
        {"reference": " R1"},
        {"reference": "R" * 81},
        {"reference": "R\x001"},
        {"reference": "R\ud8001"},
        {"reference": "R\u202e1"},
        {"reference": "Zoë"},
        {"reference": "<script>"},
        {"reference": None},
        {"state": "active"},
        {"balance": 10**9},
        {"token_id": 1},
        {"holder_id": 1},
    ],
)
def test_a_field_that_is_not_as_described_is_refused(till: Till, change: dict[str, object]) -> None:
    assert error(raw(till, json.dumps({**GOOD, **change}))) == (422, "unprocessable")
    assert nothing_was_done()


@pytest.mark.parametrize("missing", GOOD)
def test_every_field_is_needed(till: Till, missing: str) -> None:
    assert error(raw(till, json.dumps({key: GOOD[key] for key in GOOD if key != missing}))) == (422, "unprocessable")
    assert nothing_was_done()


# Bodies --------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("X07")
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "text/json", "", None])
def test_json_comes_as_json(till: Till, content_type: str | None) -> None:
    assert error(raw(till, json.dumps(GOOD), kind=content_type)) == (415, "unsupported_media_type")
    assert nothing_was_done()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe{",
        json.dumps(GOOD).encode("utf-16"),
        b"\x1f\x8b\x08\x00" + b"\x00" * 40,
        b'{"amount": 1} {"amount": 2}',
        b"\x00",
    ],
)
def test_what_is_no_json_document_is_refused(till: Till, body: bytes) -> None:
    answer = raw(till, body)
    assert error(answer) in {(400, "bad_json"), (422, "unprocessable")}
    assert nothing_was_done()


@pytest.mark.parametrize("body", ["[]", '"text"', "7", "null", "true"])
def test_a_body_is_an_object(till: Till, body: str) -> None:
    assert error(raw(till, body)) == (422, "unprocessable")
    assert nothing_was_done()


def test_a_key_given_twice_is_refused_not_resolved(till: Till) -> None:
    twice = '{"amount": 1, "amount": 8000, "currency": "USD", "reference": "R1"}'
    assert error(raw(till, twice)) == (400, "bad_json")
    assert nothing_was_done()


@pytest.mark.fault("X14")
@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ("[" * 8_000, (400, "bad_json")),
        ('{"a":' * 1_300, (400, "bad_json")),
        ("[" * 3_000 + "]" * 3_000, (400, "bad_json")),
        (
            '{"amount": 8000, "reference": "R1", "currency": "USD", "f": 1, ' + '"g": 1, ' * 900 + '"h": 1}',
            (400, "bad_json"),
        ),
        (json.dumps({**GOOD, "reference": "R" * 9_000}), (413, "too_large")),
        (" " * 2_000_000 + json.dumps(GOOD), (413, "too_large")),
        (json.dumps({**GOOD, **{f"f{number}": number for number in range(10_000)}}), (413, "too_large")),
    ],
)
def test_deep_and_huge_bodies_are_refused_at_once(till: Till, body: str, refused: tuple[int, str]) -> None:
    assert error(raw(till, body)) == refused
    assert nothing_was_done()


def test_a_code_as_long_as_a_book_is_refused(till: Till) -> None:
    assert error(till.look_up("A" * 81)) == (422, "unprocessable")


def test_a_reversal_needs_no_body_and_takes_none(till: Till) -> None:
    redemption = till.redeem(till.card(500), 100).json["id"]
    assert error(raw(till, '{"amount": 1}', path=f"/redemptions/{redemption}/reversal")) == (422, "unprocessable")
    answer = raw(till, b"", kind=None, path=f"/redemptions/{redemption}/reversal")
    assert (answer.status_code, answer.json["state"]) == (200, "reversed")


# Addresses -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reference", ["", "R" * 81, "<R>", "Zoë"])
def test_a_reference_that_cannot_be_is_refused(till: Till, reference: str) -> None:
    assert error(till.find(reference)) == (422, "unprocessable")


def test_a_control_character_in_an_address_is_refused(till: Till) -> None:
    assert error(till.find("R\x7f1")) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/redemptions/%F0%9F%92%B3/reversal", "/redemptions/'%20OR%201=1--/reversal"])
def test_an_id_that_cannot_be_is_not_there(till: Till, path: str) -> None:
    assert error(till.post(path, {})) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_in_json(till: Till, method: str) -> None:
    answer = till.client.open(CARDS, method=method, headers={"Authorization": f"Bearer {till.token}"})
    assert error(answer) == (405, "method_not_allowed")
    assert error(till.client.get("/api/v1/nothing")) == (404, "not_found")


def test_the_api_has_these_calls_and_no_other(app) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")}
    assert routes == {
        "/api/v1/gift-cards",
        "/api/v1/gift-cards/lookup",
        "/api/v1/gift-cards/redemptions",
        "/api/v1/gift-cards/redemptions/<number>/reversal",
        "/api/v1/openapi.json",
        "/api/v1/store-credit/lookup",
        "/api/v1/store-credit/redemptions",
        "/api/v1/store-credit/redemptions/<number>/reversal",
    }
