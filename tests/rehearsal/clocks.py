"""Drills of time: machines ten minutes apart, and the days on which a country puts its clocks forward or back."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.orders.models import Order
from tests.rehearsal.column import WEBS
from tests.rehearsal.sale import Sale
from tests.rehearsal.stage import Stage, whole
from tests.shop import close, make_shop

SKEW_SECONDS = 600
WINDOW = timedelta(hours=72)
NEW_YORK = ZoneInfo("America/New_York")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def clocks_disagree(stage: Stage) -> None:
    """Worker and web ten minutes ahead of the database, then behind, then one web ahead of the other (W08).

    Controls: tests/orders/test_clocks.py, ``test_control_a_worker_that_trusts_its_own_clock_closes_it_too_early``;
    tests/jobs/test_outbox.py, ``test_control_a_worker_that_trusts_its_own_clock_takes_the_row_away``.
    """
    for skew in (SKEW_SECONDS, -SKEW_SECONDS):
        for part in ("worker", *WEBS):
            stage.run_again(part, SKEW_SECONDS=str(skew))
        whole(stage.next_sale())
    stage.run_again(WEBS[0])
    whole(stage.next_sale())
    for part in ("worker", *WEBS):
        stage.run_again(part)
    stage.say("all machines ten minutes ahead, all ten minutes behind, and two that disagree")


def clocks_change(stage: Stage) -> None:
    """A window open over the night of the change, in spring and in autumn: 72 hours of time that passes (W07).

    Control: tests/orders/test_clocks.py, in the test itself: by the clock on the wall it would close at another hour.
    """
    for _season in ("one", "the other"):
        sale, change = stage.next_sale(), next_change(business_now(stage) + 2 * DAY)
        advance_to(change - DAY, stage)
        sale.buy()
        sale.hand_over()
        sale.deliver()
        opened, closes = window_of(sale, stage)
        assert opened < change < closes, "the change is not within the window"
        assert closes - opened == WINDOW
        assert opened.astimezone(NEW_YORK).utcoffset() != closes.astimezone(NEW_YORK).utcoffset()
        sale.let_the_window_pass()
        sale.receive_the_card()
    stage.say("72 hours in spring, 72 hours in autumn")


def next_change(after: datetime) -> datetime:
    """The next hour at which New York puts its clocks forward or back."""
    hour = after.replace(minute=0, second=0, microsecond=0)
    while hour.astimezone(NEW_YORK).utcoffset() == (hour + HOUR).astimezone(NEW_YORK).utcoffset():
        hour += HOUR
    return hour + HOUR


def advance_to(moment: datetime, stage: Stage) -> None:
    """Move business time on to a moment, as an operator of a sandbox does."""
    days, rest = divmod(moment - business_now(stage), DAY)
    for step in (f"{days}d", f"{rest // timedelta(minutes=1)}m"):
        stage.column.flask("clock", "advance", step)


def business_now(stage: Stage) -> datetime:
    shop = make_shop(stage.column.database_url, photos=stage.column.folder / "unused")
    try:
        with shop.app_context(), unit_of_work(reading=True):
            return clock.now()
    finally:
        close(shop)


def window_of(sale: Sale, stage: Stage) -> tuple[datetime, datetime]:
    """When the buyer's window opened, and when it closes."""
    shop = make_shop(stage.column.database_url, photos=stage.column.folder / "unused")
    try:
        with shop.app_context(), unit_of_work(reading=True) as session:
            order = session.scalars(sa.select(Order).where(Order.number == sale.order)).one()
            assert order.delivery_mail_at is not None and order.window_closes_at is not None
            return order.delivery_mail_at, order.window_closes_at
    finally:
        close(shop)
