"""``flask doctor`` asks what the shop leans on, says what does not answer, and tells no secret."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, doctor
from marketplace.credits.remote import RemoteIssuer
from marketplace.database import unit_of_work
from marketplace.jobs import broker, inbox
from marketplace.listings.photo_store import open_photo_store
from marketplace.mail.smtp import SmtpPostRoom
from marketplace.mail_server import read_mail_url
from marketplace.payments.stripe import StripeGateway
from marketplace.payments.stripe_api import StripeAPI
from marketplace.programme.models import ProgrammeVersion
from marketplace.shipping.shippo import ShippoCarrier
from tests.apart import apart
from tests.doubles.faults import refuse
from tests.doubles.gift_cards import GiftCardDouble
from tests.doubles.mail import MailDouble
from tests.doubles.shippo import ShippoDouble
from tests.doubles.stripe import StripeDouble
from tests.fresh import FreshDatabase
from tests.payments.rigs import stripe_gateway
from tests.plugins.redis import RedisServer, free_port
from tests.shipping.rigs import carrier_at
from tests.shop import close, make_shop


def outside(app: Flask) -> tuple[dict[str, str], int, str]:
    """What doctor says of each thing outside, its exit code, and all of its words."""
    result = apart(lambda: app.test_cli_runner().invoke(args=["doctor", "--json"]))
    said = {check["name"]: check["trouble"] for check in json.loads(result.stdout)}
    names = ("photos", "mail", "payments", "labels", "gift cards", "limits")
    return {name: said[name] for name in names}, result.exit_code, result.output


def test_all_is_well_where_everything_answers(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with (
        MailDouble(user="shop", password="hush") as post,
        GiftCardDouble(token="hush") as house,
        StripeDouble() as stripe,
        ShippoDouble() as shippo,
    ):
        url = f"smtp://shop:hush@127.0.0.1:{post.port}"
        monkeypatch.setitem(app.config, "SETTINGS", replace(app.config["SETTINGS"], mail_url=url))
        monkeypatch.setitem(app.extensions, "mail", SmtpPostRoom(read_mail_url(url, shop_host="localhost")))
        monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(house.url, "hush"))
        monkeypatch.setitem(app.extensions, "photo_store", open_photo_store(tmp_path.as_uri()))
        monkeypatch.setitem(app.extensions, "gateway", stripe_gateway(stripe))
        monkeypatch.setitem(app.extensions, "carrier", carrier_at(shippo))
        found, _exit_code, words = outside(app)
        shippo.always("*", refuse(401, {"detail": "No such token."}))
        stripe.always("*", refuse(500))
        refused, _exit_code, _words = outside(app)
    assert set(found.values()) == {""}
    assert {name for name, trouble in refused.items() if trouble} == {"payments", "labels"}
    asked = [call.operation for call in (*stripe.calls, *shippo.calls)]
    assert asked == ["list_events", "list_events", "list_refunds", "list_refunds"], "one question each, and no more"
    assert (stripe.violations, shippo.violations) == ([], [])
    assert "hush" not in words
    assert (post.letters, house.cards, open_photo_store(tmp_path.as_uri()).list()) == ([], [], [])


def test_what_does_not_answer_is_named_and_the_exit_code_says_so(
    app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    nobody = free_port()
    (tmp_path / "doctor").write_text("a file where a folder must be")
    server = read_mail_url(f"smtp://shop:hush@127.0.0.1:{nobody}", shop_host="localhost")
    settings = replace(app.config["SETTINGS"], redis_url=f"redis://:hush@127.0.0.1:{nobody}/0")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    monkeypatch.setitem(app.extensions, "mail", SmtpPostRoom(server))
    monkeypatch.setitem(app.extensions, "gift_cards", RemoteIssuer(f"http://127.0.0.1:{nobody}", "hush"))
    api = StripeAPI("sk_test_hush", api_base=f"http://127.0.0.1:{nobody}")
    monkeypatch.setitem(app.extensions, "gateway", StripeGateway(api, "whsec_hush"))
    carrier = ShippoCarrier(token="shippo_test_hush", base=f"http://127.0.0.1:{nobody}")
    monkeypatch.setitem(app.extensions, "carrier", carrier)
    monkeypatch.setitem(app.extensions, "photo_store", open_photo_store(tmp_path.as_uri()))
    found, exit_code, words = outside(app)
    assert all(found.values()), found
    assert (exit_code, "hush" in words) == (1, False)


def test_a_database_without_a_policy_is_a_finding_and_no_fault(fresh_database: FreshDatabase) -> None:
    def asked_without_a_policy() -> str:
        with unit_of_work() as session:
            session.execute(sa.delete(ProgrammeVersion))
            found = {check.name: check.trouble for check in doctor.examine()}
            session.rollback()
        return found["programme"]

    assert "nothing is published" in fresh_database.run(asked_without_a_policy)


def doctor_says(shop: Flask) -> dict[str, str]:
    """What it finds wrong, told as a document, with the exit code of a finding."""
    result = apart(lambda: shop.test_cli_runner().invoke(args=["doctor", "--json"]))
    assert result.exit_code == 1
    return {check["name"]: check["trouble"] for check in json.loads(result.stdout)}


def test_a_database_that_is_behind_is_a_finding_and_no_fault(fresh_database: FreshDatabase) -> None:
    def fall_behind() -> None:
        with unit_of_work() as session:
            session.execute(sa.text("DROP TABLE clock_offset"))
            session.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))

    fresh_database.run(fall_behind)
    assert "flask db upgrade" in doctor_says(fresh_database.app)["migrations"]


def test_a_database_that_is_away_is_a_finding_and_no_fault(tmp_path: Path) -> None:
    shop = make_shop(f"postgresql://postgres@127.0.0.1:{free_port()}/gone", photos=tmp_path)
    assert doctor_says(shop)["database"].startswith("it does not answer")
    close(shop)


def test_it_says_who_was_heard_and_whether_workers_take_what_waits(
    app: Flask, monkeypatch: pytest.MonkeyPatch, redis_server: RedisServer
) -> None:
    def said(name: str) -> tuple[str, str]:
        result = apart(lambda: app.test_cli_runner().invoke(args=["doctor", "--json"]))
        (check,) = [one for one in json.loads(result.stdout) if one["name"] == name]
        return check["answer"], check["trouble"]

    assert said("webhooks") == ("none heard yet", "")
    assert said("queue") == ("none: jobs are none", "")
    with unit_of_work():
        inbox.receive("shippo", "e1", {}, at=clock.now())
    assert said("webhooks")[0].startswith("shippo 2")
    settings = replace(app.config["SETTINGS"], jobs="celery", redis_url=redis_server.url)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert said("queue") == ("0 waiting", "")
    redis_server.client().rpush(broker.QUEUE, *["message"] * (broker.MOST_WAITING + 1))
    assert said("queue") == (f"{broker.MOST_WAITING + 1} waiting", "no worker takes them")
    redis_server.stop()
    assert said("queue")[1].startswith("Redis does not answer")
