"""What every connection to outside marketplaces promises: the sandbox's, and one over HTTP on a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.channels import sandbox
from marketplace.channels.port import CancellationRefused, Channel, NoLabel, SaleReport
from marketplace.channels.remote import RemoteChannel
from marketplace.channels.states import SaleState
from marketplace.database import db
from marketplace.jobs import outbox
from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.money import Money
from tests.channels import steps as there
from tests.consignments import steps
from tests.contracts.channels import NOTICE, faults
from tests.doubles.channels import ChannelsDouble
from tests.doubles.faults import lose_answer, refuse
from tests.web import Browser

PRICE = Money(30_000, "USD")


@dataclass
class Market:
    """A connection, and a way to have something bought there."""

    channel: Channel
    buy: Callable[[str], SaleReport]
    withdrawn: Callable[[], list[str]]


def _sandbox() -> Iterator[Market]:
    def withdrawn() -> list[str]:
        return [row.listing for row in db.session.scalars(sa.select(sandbox.SandboxWithdrawal))]

    yield Market(
        sandbox.SandboxChannel(), lambda ref: sandbox.sell(there.OUTLET, "L1234567", PRICE, ref=ref), withdrawn
    )


def _http() -> Iterator[Market]:
    with ChannelsDouble() as double:

        def buy(ref: str) -> SaleReport:
            report = SaleReport(there.OUTLET, ref, "L1234567", PRICE, Money(4_500, "USD"), clock.now())
            double.sell(report)
            return report

        yield Market(RemoteChannel(double.url, double.token), buy, lambda: double.withdrawn)
        assert double.violations == []


@pytest.fixture(params=[_sandbox, _http], ids=["sandbox", "http"])
def market(request: pytest.FixtureRequest, app: Flask) -> Iterator[Market]:
    yield from request.param()


def test_a_sale_is_found_as_it_was_made_and_one_that_is_not_there_is_not(market: Market) -> None:
    sold = market.buy("A-1")
    assert market.channel.find(sold.outlet, sold.ref) == sold
    assert (sold.stage, sold.commission) == ("sold", Money(4_500, "USD"))
    assert market.channel.find(sold.outlet, "A-2") is None
    assert market.channel.sales_since(clock.now() - timedelta(hours=1)) == [sold]
    assert market.channel.sales_since(clock.now() + timedelta(hours=1)) == []


def test_a_cancelled_sale_is_cancelled_there_and_stays_so(market: Market) -> None:
    sold = market.buy("A-1")
    for _ in range(2):
        market.channel.cancel(sold.outlet, sold.ref, reason="not_free", key="k-1")
    found = market.channel.find(sold.outlet, sold.ref)
    assert found is not None
    assert (found.stage, found.reason) == ("cancelled", "not_free")


@pytest.mark.parametrize("ref", ["A-1-STAYS", "A-9"])
def test_what_is_not_let_go_or_not_known_is_refused(market: Market, ref: str) -> None:
    market.buy("A-1-STAYS")
    with pytest.raises(CancellationRefused):
        market.channel.cancel(there.OUTLET, ref, reason="not_free", key="k-1")


def test_a_piece_is_withdrawn_however_often_it_is_asked(market: Market) -> None:
    for _ in range(2):
        market.channel.withdraw("L1234567")
    assert set(market.withdrawn()) == {"L1234567"}


def test_a_sale_has_a_label_and_what_is_none_has_none(market: Market) -> None:
    sold = market.buy("A-1")
    assert market.channel.label(sold.outlet, sold.ref).startswith(b"%PDF")
    with pytest.raises(NoLabel):
        market.channel.label(sold.outlet, "A-2")


def test_the_webhook_says_what_the_document_says(app: Flask) -> None:
    sold = sandbox.sell(there.OUTLET, "L1234567", PRICE)
    for report in (sold, sandbox.complete(sold.outlet, sold.ref), sandbox.take_back(sold.outlet, sold.ref)):
        assert faults(NOTICE, json.loads(sandbox.notice_of(report))) == []


# A connection in trouble ---------------------------------------------------------------------------------------------


def a_refused_sale(client: Browser, double: ChannelsDouble) -> SaleReport:
    """Sold there below its price: the shop has yet to have it cancelled."""
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece, minor=100)
    double.sell(report)
    return report


@pytest.mark.fault("B14")
@pytest.mark.parametrize("forgetful", [False, True], ids=["with-look-up", "control"])
def test_a_lost_answer_cancels_once(
    app: Flask, client: Browser, monkeypatch: pytest.MonkeyPatch, forgetful: bool
) -> None:
    monkeypatch.setattr(outbox, "PAUSES", [timedelta(0)] * 6)
    with ChannelsDouble(forgetful=forgetful) as double:
        monkeypatch.setitem(app.extensions, "channel", RemoteChannel(double.url, double.token))
        report = a_refused_sale(client, double)
        double.plan("cancel", lose_answer())
        if forgetful:  # nobody looks, and nobody there remembers: it is cancelled anew
            monkeypatch.setattr(RemoteChannel, "find", lambda *_: None)
        there.tell(client, report)
        assert there.sale_of(report).state is SaleState.CALLED_OFF
        assert len(double.cancellations) == (2 if forgetful else 1)


def test_a_house_that_cannot_be_reached_or_is_not_let_in_is_asked_again(app: Flask) -> None:
    with pytest.raises(NotDone):
        RemoteChannel("http://127.0.0.1:9", "t").find(there.OUTLET, "A-1")
    with ChannelsDouble() as double:
        with pytest.raises(NotDone, match="CHANNELS_TOKEN"):
            RemoteChannel(double.url, "wrong").withdraw("L1")
        double.plan("withdraw", refuse(500))
        with pytest.raises(OutcomeUnknown):
            RemoteChannel(double.url, double.token).withdraw("L1")
