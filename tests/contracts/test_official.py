"""The strict reading of a description: unknown fields at any depth, wrong types, forms with brackets."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.contracts import official
from tests.contracts.forms import BadForm, nested
from tests.contracts.official import FORM, JSON, Description

SIZE = {"type": "object", "properties": {"width": {"type": "integer"}}, "required": ["width"]}
BAG = {
    "type": "object",
    "properties": {
        "size": {"$ref": "#/components/schemas/size"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "owner": {"nullable": True, "anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/size"}]},
        "notes": {"type": "object", "additionalProperties": {"type": "string"}},
        "sold": {"type": "boolean"},
    },
}
BIG_BAG = {
    "allOf": [{"$ref": "#/components/schemas/bag"}, {"type": "object", "properties": {"wheels": {"type": "integer"}}}]
}
MADE_UP = Description(
    {
        "info": {"version": "1"},
        "components": {"schemas": {"size": SIZE, "bag": BAG, "big_bag": BIG_BAG}},
        "paths": {
            "/bags": {
                "post": {
                    "requestBody": {"content": {FORM: {"schema": BAG}, JSON: {"schema": BIG_BAG}}},
                    "responses": {"200": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/bag"}}}}},
                }
            },
            "/bags/{bag}": {
                "get": {
                    "parameters": [{"name": "expand", "in": "query", "schema": BAG["properties"]["tags"]}],
                    "responses": {"200": {}},
                }
            },
        },
    }
)


def form_faults(*pairs: tuple[str, str]) -> list[str]:
    return MADE_UP.request_faults("POST", "/bags", body=urlencode(pairs).encode(), kind=FORM)


def test_a_right_form_has_no_faults() -> None:
    sent = [("size[width]", "30"), ("tags[0]", "red"), ("tags[1]", "new"), ("notes[any]", "1"), ("sold", "true")]
    assert form_faults(*sent) == []
    assert form_faults(("owner[width]", "3")) == []


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("colour", "red", "'colour' was unexpected"),
        ("size[height]", "3", "'height' was unexpected"),
        ("size[width]", "wide", "'wide' is not of type 'integer'"),
        ("tags", "red", "'red' is not of type 'array'"),
        ("sold", "yes", "'yes' is not of type 'boolean'"),
        ("size[width", "3", "is no name"),
    ],
)
def test_a_wrong_form_is_told_where_it_is_wrong(name: str, value: str, why: str) -> None:
    faults = form_faults((name, value))
    assert any(why in fault for fault in faults), faults


def test_a_name_is_said_once_and_is_a_value_or_a_group() -> None:
    assert nested([("a[0][b]", "1"), ("a[0][c]", "2"), ("d[]", "3"), ("d[]", "4")]) == {
        "a": {"0": {"b": "1", "c": "2"}},
        "d": {"0": "3", "1": "4"},
    }
    for pairs in ([("a", "1"), ("a", "2")], [("a", "1"), ("a[b]", "2")], [("[a]", "1")]):
        with pytest.raises(BadForm):
            nested(pairs)


def test_the_query_the_path_and_the_status_are_held_to_it_too() -> None:
    assert MADE_UP.request_faults("GET", "/bags/B1", [("expand[]", "size")]) == []
    assert MADE_UP.request_faults("GET", "/bags/B1", [("limit", "3")]) != []
    assert MADE_UP.request_faults("GET", "/hats") == ["GET /hats: there is no such operation"]
    assert MADE_UP.answer_faults("POST", "/bags", 402, {}) == ["POST /bags: status 402 is not described"]


def test_an_answer_may_not_have_what_nobody_described_however_deep() -> None:
    assert MADE_UP.answer_faults("POST", "/bags", 200, {"size": {"width": 1}, "owner": None}) == []
    [fault] = MADE_UP.answer_faults("POST", "/bags", 200, {"owner": {"width": 1, "depth": 2}})
    assert "depth" in fault
    assert MADE_UP.answer_faults("POST", "/bags", 200, {"size": None}) != []


def test_a_whole_of_parts_knows_the_fields_of_all_its_parts_and_no_more() -> None:
    assert MADE_UP.object_faults("big_bag", {"sold": True, "wheels": 2}) == []
    assert MADE_UP.object_faults("big_bag", {"sold": True, "wings": 2}) != []
    assert MADE_UP.object_faults("big_bag", {"size": {"width": 1, "depth": 2}}) != []


def test_the_payment_providers_description_is_the_pinned_one() -> None:
    stripe = official.required("stripe")
    assert stripe.version == "2026-05-27.dahlia"
    price = {"line_items[0][price_data][currency]": "usd", "line_items[0][price_data][unit_amount]": "100"}
    right = urlencode(price).encode()
    assert stripe.request_faults("POST", "/v1/checkout/sessions", body=right, kind=FORM) == []
    wrong = urlencode({**price, "line_items[0][price_data][colour]": "red"}).encode()
    [fault] = stripe.request_faults("POST", "/v1/checkout/sessions", body=wrong, kind=FORM)
    assert "colour" in fault


def test_the_carriers_description_refuses_what_it_does_not_know() -> None:
    shippo = official.required("shippo")
    address = b'{"name": "Ada", "country": "US", "colour": "red"}'
    faults = shippo.request_faults("POST", "/addresses", body=address, kind=JSON)
    assert any("colour" in fault for fault in faults), faults
    assert shippo.request_faults("POST", "/addresses", body=b'{"name": "Ada", "country": "US"}', kind=JSON) == []
