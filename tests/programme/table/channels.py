"""On which outside marketplaces the brand's listings are offered."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from marketplace import clock
from marketplace.channels import connecting, selling
from marketplace.channels.port import SaleReport
from marketplace.consignments import estimating, standing
from marketplace.database import unit_of_work
from marketplace.money import Money
from tests.consignments import steps
from tests.programme import world
from tests.programme.rows import Behaviour, Row, Scene

PAGE = "/help/consigning"
ON = {
    "channels.is_on": True,
    "channels.outlets": [{"key": "rue-seconde", "name": "Rue Seconde"}, {"key": "second-loft", "name": "Second Loft"}],
}


def a_feed_is_given(scene: Scene) -> None:
    feed = f"/feeds/channels/{connecting.feed_token()}/pieces-0.json"
    assert scene.client.get(feed).status_code == 200


def named_in_the_feed(key: str, name: str) -> Behaviour:
    def named(scene: Scene) -> None:
        feed = scene.client.get(f"/feeds/channels/{connecting.feed_token()}/pieces-0.json").get_json()
        assert {"key": key, "name": name} in feed["_outlets"]

    return named


def paid_when_it_stands(days: int) -> Behaviour:
    def estimated(scene: Scene) -> None:
        piece = steps.live()
        assert piece.listing is not None
        price = Money(piece.listing.price_minor or 0, "USD")
        report = SaleReport("rue-seconde", piece.number, piece.listing.number, price, price.share(1500), clock.now())
        with unit_of_work():
            selling.note(report, at=clock.now())
        assert estimating.payment_day(piece, standing.of(piece)) == local_day(clock.now() + timedelta(days=days))

    return estimated


def local_day(moment: datetime) -> date:
    return moment.astimezone(world.policy().calendar.zone).date()


ROWS = [
    Row(
        "channels.is_on",
        True,
        a_feed_is_given,
        page=PAGE,
        says="on Rue Seconde and Second Loft.",
        given={**steps.RULES, "channels.outlets": ON["channels.outlets"]},
    ),
    Row(
        "channels.outlets[1].key",
        "loft",
        named_in_the_feed("loft", "Second Loft"),
        untold="what the connection calls it; people read its name",
        given={**steps.RULES, **ON},
    ),
    Row(
        "channels.outlets[1].name",
        "The Loft",
        named_in_the_feed("second-loft", "The Loft"),
        page=PAGE,
        says="on Rue Seconde and The Loft.",
        given={**steps.RULES, **ON},
    ),
    Row(
        "channels.usual_days",
        12,
        paid_when_it_stands(12),
        page=PAGE,
        says="A sale there usually stands within 12 days.",
        given={**steps.RULES, **ON},
    ),
]
