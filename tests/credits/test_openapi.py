"""The API's description is true: its schemas are sound, its examples work, every answer is as it says."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.credits.models import Scope
from marketplace.database import unit_of_work
from marketplace.money import Money
from marketplace.payouts import paying
from marketplace.people.models import Person
from marketplace.programme import versions
from tests.accounts import an_account
from tests.credits.test_api_access import WRONG
from tests.credits.tills import Till, a_token
from tests.programme.policies import changed

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def till(client) -> Till:
    return Till(client)


@pytest.fixture
def document(client) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.json
    return found


def operations(document: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Each operation by its id: path, method, description."""
    return {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


def resolved(document: dict[str, Any], node: Any) -> Any:
    """The node with every reference replaced by what it points to."""
    if isinstance(node, list):
        return [resolved(document, one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return resolved(document, target)
    return {key: resolved(document, value) for key, value in node.items()}


def check_answer(document: dict[str, Any], operation_id: str, answer: TestResponse) -> None:
    """The answer's status is described, and its body is what the description says of it."""
    responses = resolved(document, operations(document)[operation_id][2]["responses"])
    assert str(answer.status_code) in responses, f"{operation_id} does not speak of {answer.status_code}"
    schema = responses[str(answer.status_code)]["content"]["application/json"]["schema"]
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json)


def test_it_names_the_shops_own_address(app: Flask, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": app.config["SETTINGS"].public_url}]


def test_its_schemas_are_sound_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = resolved(document, document)["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


def test_every_route_is_described_and_every_description_has_a_route(app: Flask, document: dict[str, Any]) -> None:
    described = {(path, method.upper()) for path, method, _ in operations(document).values()}
    routes = {
        (re.sub(r"<number>", "{id}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/api/v1/gift-cards", "/api/v1/store-credit"))
        for method in rule.methods or ()
        if method.lower() in METHODS
    }
    assert described == routes


def test_every_answer_is_as_described(document: dict[str, Any], till: Till) -> None:
    issued = till.issue(8_000, reference="R1", key="issue")
    code = issued.json["code"]
    spent = till.redeem(code, 3_000)
    redemption = spent.json["id"]
    answers: list[tuple[str, TestResponse]] = [
        ("issueGiftCard", issued),
        ("issueGiftCard", till.issue(8_000, reference="R1", key="issue")),
        ("issueGiftCard", till.issue(8_000, reference="R1")),
        ("issueGiftCard", till.issue(1, reference="R1", key="issue")),
        ("issueGiftCard", till.issue(0)),
        ("issueGiftCard", till.issue(1, key=" ")),
        ("findGiftCard", till.find("R1")),
        ("findGiftCard", till.find("R2")),
        ("findGiftCard", till.find("")),
        ("lookUpGiftCard", till.look_up(code)),
        ("lookUpGiftCard", till.look_up(WRONG)),
        ("lookUpGiftCard", till.look_up("")),
        ("redeemGiftCard", spent),
        ("redeemGiftCard", till.redeem(code, 5_001)),
        ("redeemGiftCard", till.redeem(WRONG, 1)),
        ("redeemGiftCard", till.client.post("/api/v1/gift-cards/redemptions", json={})),
        ("reverseRedemption", till.reverse(redemption)),
        ("reverseRedemption", till.reverse(redemption)),
        ("reverseRedemption", till.reverse("S0")),
        ("redeemGiftCard", till.redeem(code, 8_000)),
        ("findGiftCard", till.find("R1")),
    ]
    for operation, answer in answers:
        check_answer(document, operation, answer)
    assert {answer.status_code for _, answer in answers} == {200, 201, 400, 401, 404, 409, 422}


def _examples(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return {name: resolved(document, field)["examples"][0] for name, field in schema["properties"].items()}


def test_the_examples_of_a_request_work_as_they_stand(document: dict[str, Any], till: Till) -> None:
    schemas = document["components"]["schemas"]
    calls: dict[str, Callable[[], TestResponse]] = {
        "Issue": lambda: till.post("", _examples(document, schemas["Issue"])),
        "Lookup": lambda: till.post("/lookup", _examples(document, schemas["Lookup"])),
        "Redeem": lambda: till.post("/redemptions", _examples(document, schemas["Redeem"])),
    }
    assert {name: call().status_code for name, call in calls.items()} == {"Issue": 201, "Lookup": 404, "Redeem": 404}


@pytest.mark.parametrize(
    "body",
    [
        {"amount": 0, "currency": "USD", "reference": "R1"},
        {"amount": 10**11 + 1, "currency": "USD", "reference": "R1"},
        {"amount": 1.5, "currency": "USD", "reference": "R1"},
        {"amount": 1, "currency": "usd", "reference": "R1"},
        {"amount": 1, "currency": "USD", "reference": " "},
        {"amount": 1, "currency": "USD", "reference": "R" * 81},
        {"amount": 1, "currency": "USD", "reference": "R1", "more": 1},
        {"amount": 1, "currency": "USD"},
        {"amount": 1, "currency": "USD", "reference": "R1 ._:/#-"},
        {"amount": 10**11, "currency": "USD", "reference": "R" * 80},
    ],
)
def test_a_request_is_taken_exactly_where_the_description_allows_it(
    document: dict[str, Any], till: Till, body: dict[str, Any]
) -> None:
    schema = resolved(document, document["components"]["schemas"]["Issue"])
    allowed = Draft202012Validator(schema).is_valid(body)
    assert (till.post("", body).status_code == 201) is allowed


@pytest.mark.rule("NAP-42")
def test_a_shop_spends_a_customers_credit_and_every_answer_is_as_described(document: dict[str, Any], client) -> None:
    with unit_of_work():
        versions.publish(changed({"payout.forms": [{"form": "store_credit"}]}), at=clock.now())
    holder, poor = an_account(), an_account()
    with unit_of_work():
        owed = {"amount": Money(8_000, "USD"), "at": clock.now()}
        paying.owe_payout(order_id=None, reference="T1", seller_id=holder.id, **owed)
    token, keys = a_token(scope=Scope.STORE_CREDIT), itertools.count(1)

    def post(path: str, body: Any, bearer: str = token, key: str = "") -> TestResponse:
        headers = {"Authorization": f"Bearer {bearer}", "Idempotency-Key": key or f"credit-{next(keys)}"}
        return client.post(f"/api/v1/store-credit{path}", json=body, headers=headers)

    def wanted(minor: int, who: Person = holder, currency: str = "USD") -> dict[str, Any]:
        return {"email": who.email, "amount": minor, "currency": currency, "reference": "receipt 1"}

    spent = post("/redemptions", wanted(3_000), key="once")
    number = spent.json["id"]
    answers = [
        ("redeemStoreCredit", spent, 201),
        ("redeemStoreCredit", post("/redemptions", wanted(3_000), key="once"), 201),
        ("redeemStoreCredit", post("/redemptions", wanted(5_001)), 409),
        ("redeemStoreCredit", post("/redemptions", wanted(1, poor)), 404),
        ("redeemStoreCredit", post("/redemptions", wanted(1, currency="EUR")), 409),
        ("redeemStoreCredit", post("/redemptions", wanted(0)), 422),
        ("redeemStoreCredit", post("/redemptions", wanted(1), bearer=a_token()), 403),
        ("lookUpStoreCredit", post("/lookup", {"email": holder.email.upper()}), 200),
        ("lookUpStoreCredit", post("/lookup", {"email": poor.email}), 404),
        ("lookUpStoreCredit", post("/lookup", {"email": "nobody@example.com"}), 404),
        ("reverseCreditRedemption", post(f"/redemptions/{number}/reversal", {}), 200),
        ("reverseCreditRedemption", post(f"/redemptions/{number}/reversal", {}), 409),
        ("reverseCreditRedemption", post("/redemptions/S0/reversal", {}), 404),
    ]
    for operation, answer, status in answers:
        assert answer.status_code == status, (operation, answer.text)
        check_answer(document, operation, answer)
    assert answers[8][1].json == answers[9][1].json
    assert (spent.json["balance"], answers[7][1].json["balance"], answers[10][1].json["balance"]) == (
        5_000,
        5_000,
        8_000,
    )
