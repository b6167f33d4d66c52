"""Confirmation windows that closed: settled in batches, with ledger, payout and mail rows (``due_windows``)."""

from __future__ import annotations

import resource
import time

import sqlalchemy as sa

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from marketplace.database import db, unit_of_work
from marketplace.jobs import deadlines
from marketplace.ledger import proofs
from marketplace.ledger.models import LedgerTransaction
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payouts.models import Payout

SIZES = (10_000, 1_000_000)  # orders due at once; what lies between is fast where both ends are
LEAST_A_SECOND = 2_000
MOST_SLOWER = 1.25  # "flat": the large rate is within noise of the small one


def due_windows(databases: Databases, template: str, scale: float) -> Finding:
    """The sweep of 10,000 orders, then of 1,000,000."""
    figures: dict[str, object] = {}
    rates = []
    for size in SIZES:
        orders = max(20, round(size * scale))
        url = databases.copy(template)
        world.fill(url, due_orders=orders)
        rate, cpu = _sweep(url, orders)
        rates.append(rate)
        figures[f"orders_{orders}"] = {"per_second": figure(rate), "own_cpu_us_per_order": figure(cpu * 1e6 / orders)}
    slower = rates[0] / rates[-1]
    return Finding(
        "due_windows",
        {**figures, "small_rate_of_large": figure(slower)},
        [
            *(Bar("per_second", figure(rate), LEAST_A_SECOND, at_most=False) for rate in rates),
            Bar("small_rate_of_large", figure(slower), MOST_SLOWER),
        ],
    )


def _sweep(url: str, orders: int) -> tuple[float, float]:
    """Orders a second, and this process's own processor seconds; raises where not every order was settled rightly."""
    app = world.shop_at(url)
    with app.app_context():
        began, cpu = time.perf_counter(), _own_cpu()
        fired = deadlines.sweep()
        took, used = time.perf_counter() - began, _own_cpu() - cpu
        with unit_of_work(reading=True):
            settled = db.session.scalar(sa.select(sa.func.count()).where(Order.state == OrderState.SETTLED))
            payouts = db.session.scalar(sa.select(sa.func.count(Payout.id)))
            posted = db.session.scalar(sa.select(sa.func.count(LedgerTransaction.id)))
            assert (fired, settled, payouts, posted) == (orders, orders, orders, 2 * orders)
            assert not proofs.unbalanced()
            assert not proofs.escrow_by_order()
    world.close(app)
    return orders / took, used


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
