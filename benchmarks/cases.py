"""The desk's list of open cases (``cases``)."""

from __future__ import annotations

import statistics
import time
from datetime import timedelta
from http.client import HTTPConnection

import sqlalchemy as sa
from flask import Flask

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from benchmarks.serving import Server, free_port, serving
from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.disputes import opening
from marketplace.disputes.opening import Report
from marketplace.disputes.states import Kind, Wish
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.people import sign_ins
from marketplace.people.models import Person, Role, StaffRole

CASES = 200
REQUESTS, WARM = 100, 10
MOST_MS, MOST_CPU_MS = 300, 80
PATH = "/desk/disputes"


def cases(databases: Databases, template: str, scale: float) -> Finding:
    """Wall time of one page of all open cases, asked by one agent a hundred times, once the shop is warm."""
    wanted = max(round(CASES * scale), 1)
    url, port = databases.copy(template), free_port()
    world.fill(url, due_orders=wanted)
    cookie = _open_cases(world.shop_at(url, port=port), wanted)
    with serving("wsgi:app", world.variables_for(url, port=port), port=port) as shop:
        _ask(shop, cookie, WARM)
        began = shop.cpu_seconds()
        took = _ask(shop, cookie, REQUESTS)
        cpu = shop.cpu_seconds() - began
    p95, spent = figure(statistics.quantiles(took, n=20)[-1]), figure(cpu / REQUESTS * 1000)
    figures = {
        "open_cases": wanted,
        "p50_ms": figure(statistics.median(took)),
        "p95_ms": p95,
        "cpu_ms": spent,
    }
    return Finding("cases", figures, [Bar("p95_ms", p95, MOST_MS), Bar("cpu_ms", spent, MOST_CPU_MS)])


def _open_cases(app: Flask, how_many: int) -> str:
    """Have the buyers of delivered pieces report a problem; returns the session cookie of an agent."""
    with app.app_context():
        with unit_of_work() as session:
            at = clock.now()
            delivered = sa.select(Order).where(Order.state == OrderState.DELIVERED).order_by(Order.id).limit(how_many)
            for order in session.scalars(delivered).all():
                order.window_closes_at = at + timedelta(days=1)
                session.flush()
                opening.open_dispute(order, Report(Kind.CONDITION, Wish.RETURN), by=order.buyer, at=at)
            agent = Person(email="agent@example.com", name="Kim Desk", is_account=True, joined_at=at)
            agent.email_verified_at = agent.totp_confirmed_at = at
            agent.roles.append(StaffRole(role=Role.AGENT, given_at=at))
            session.add(agent)
            session.flush()
            sign_in, token = sign_ins.begin(agent, at=at)
            sign_in.second_factor_at = at
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        cookie = f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps({'_user_id': token, '_fresh': True})}"
    world.close(app)
    return cookie


def _ask(server: Server, cookie: str, times: int) -> list[float]:
    """Milliseconds of each answer, one after the other over one connection."""
    connection, took = server.connect(), []
    for _ in range(times):
        began = time.perf_counter()
        _get(connection, cookie)
        took.append((time.perf_counter() - began) * 1000)
    connection.close()
    return took


def _get(connection: HTTPConnection, cookie: str) -> None:
    connection.request("GET", PATH, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, f"{PATH}: {answer.status}, {answer.headers.get('Location')}"
