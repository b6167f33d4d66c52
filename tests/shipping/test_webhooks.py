"""The tracking webhook's door: who may come in, and what is let go, by HTTP."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.database import db
from marketplace.jobs.inbox import InboxRow
from marketplace.shipping import webhooks
from marketplace.shipping.models import ParcelState, TrackingEvent
from tests.shipping.sales import labelled_order, parcel_of, sweep, travel

JSON = "application/json"


@pytest.fixture
def door(app) -> str:
    return f"/webhooks/shippo/{webhooks.webhook_token()}"


def _rows() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(InboxRow).where(InboxRow.source == "shippo")) or 0


def _track(**changes: Any) -> dict[str, Any]:
    track = {"carrier": "usps", "tracking_number": "9400100000000000000001", "tracking_history": [], "messages": []}
    return {"event": "track_updated", "test": True, "data": {**track, **changes}}


@pytest.mark.fault("L08")
@pytest.mark.parametrize("wrong", ["", "x", "0" * 64, "é" * 8, "%00", "..%2F", "a" * 5000])
def test_a_wrong_token_finds_no_door(client, wrong: str) -> None:
    answer = client.post(f"/webhooks/shippo/{wrong}", data=json.dumps(_track()), content_type=JSON)
    assert answer.status_code in (400, 404)
    assert _rows() == 0


@pytest.mark.fault("L08")
def test_every_token_is_compared_in_constant_time(client, door, monkeypatch) -> None:
    compared = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append(one)
        return False

    monkeypatch.setattr(webhooks.hmac, "compare_digest", compare)
    assert client.post(door, data=b"{}", content_type=JSON).status_code == 404
    assert compared == [webhooks.webhook_token().encode()]


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_the_door_takes_posts_only(client, door, method: str) -> None:
    assert getattr(client, method)(door).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'"track_updated"',
        b"\xff\xfe\x00",
        b'{"event": 7}',
        b'{"event": "track_updated"}',
        b'{"event": "track_updated", "data": []}',
        b'{"event": "track_updated", "data": {"carrier": "usps"}}',
        b'{"event": "track_updated", "data": {"carrier": "", "tracking_number": ""}}',
        b'{"event": "track_updated", "data": {"carrier": 1, "tracking_number": 2}}',
        b'{"event": "track_updated", "data": {"carrier": "\\ud800", "tracking_number": "1"}}',
        b'{"event": "track_updated", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"event": "track_updated", "data": {"x": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_001 + b"}",
        json.dumps(_track(tracking_number="1" * 61)).encode(),
        json.dumps(_track(tracking_history={})).encode(),
        json.dumps(_track(tracking_history=[{}] * 501)).encode(),
        json.dumps(_track(tracking_status=[1])).encode(),
        gzip.compress(json.dumps(_track()).encode(), mtime=0),
    ],
    ids=lambda body: hashlib.sha256(body).hexdigest()[:6],
)
def test_what_is_no_event_is_refused_and_nothing_is_kept(client, door, body: bytes) -> None:
    assert client.post(door, data=body, content_type=JSON).status_code == 400
    assert _rows() == 0


def test_too_much_is_refused_unread(client, door) -> None:
    body = json.dumps(_track(messages=["x" * webhooks.MOST_BYTES])).encode()
    assert client.post(door, data=body, content_type=JSON).status_code == 413
    assert _rows() == 0


@pytest.mark.parametrize("event", ["transaction_created", "batch_purchased", "something_new"])
def test_events_of_other_kinds_are_answered_and_let_go(client, door, event: str) -> None:
    assert client.post(door, json={"event": event, "data": {"any": "thing"}}).status_code == 200
    assert _rows() == 0


def test_strange_values_are_tolerated(client, app, door) -> None:
    order = labelled_order()
    strange = {
        "status": "BEAMED_UP\x00",
        "status_date": "the day before yesterday",
        "status_details": "left\x00 of \u202eright\n\ttab " + "long " * 200,
        "location": {"city": "x" * 500, "planet": "Mars"},
        "substatus": {"code": ["?"]},
    }
    body = _track(tracking_number=parcel_of(order).tracking_number, tracking_status=strange, further={"field": None})
    assert client.post(door, json=body).status_code == 200
    sweep()
    (kept,) = db.session.scalars(sa.select(TrackingEvent)).all()
    assert (len(kept.words), len(kept.place)) == (200, 80)
    assert not set(kept.words) & set("\x00\u202e\n\t")
    assert parcel_of(order).state is ParcelState.LABEL_BOUGHT


def test_the_same_event_is_stored_once_and_answered_alike(client, app, door) -> None:
    order = labelled_order()
    body = travel(order, "scan", told=False)
    answers = [client.post(door, data=body, content_type=JSON) for _time in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.json["known"] for answer in answers] == [False, True, True]
    assert _rows() == 1


def test_the_webhook_says_no_more_of_a_parcel_than_its_towns(app) -> None:
    body = travel(labelled_order(), "scan", told=False).decode()
    for private in ("Grace", "Ada", "Fifth", "Garden"):
        assert private not in body
