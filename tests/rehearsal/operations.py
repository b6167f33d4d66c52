"""Drills of running a shop: slow visitors, an upgrade that is killed, a restore from a backup taken under load."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import sqlalchemy as sa

from tests.processes import Process, tool, until
from tests.rehearsal.stage import Stage, finish

SLOW_CLIENTS = 100
FEW_THREADS = 4
KILLED_AT = ("0001", "0003", "0006")  # revisions whose changes are made and not yet noted
UPGRADE = tool("flask", "--app", "tests.rehearsal.mortal_web", "db", "upgrade")


# Slow visitors -------------------------------------------------------------------------------------------------------


def slow_clients(stage: Stage) -> None:
    """A hundred visitors send half a request and no more; somebody buys meanwhile (W16).

    Control: the same shop with as few threads as it has processors to keep busy answers nobody beside a few of them.
    """
    sale, meagre = stage.next_sale(), stage.column.another_web(threads=FEW_THREADS)
    meagre.begin()
    with dawdling(stage.column.web_port, SLOW_CLIENTS) as dawdlers:
        sale.buy()
        assert [one for one in dawdlers if not is_waiting(one)] == [], "somebody had been answered"
    assert sale.buyer.refused_for_now == 0, "a buyer was put off"
    meagre.await_ready()
    port = int(meagre.env["PUBLIC_URL"].rpartition(":")[2])
    assert answers(port), "the control never answered"
    with dawdling(port, 3 * FEW_THREADS):
        until(lambda: not answers(port), "the control answers nobody", patience=20)
    meagre.kill()
    sale.hand_over()
    finish(sale)
    stage.say(f"bought beside {SLOW_CLIENTS} slow clients")


# What each of them is about to send, in turn.
HALVES = (
    ("/bag", "application/x-www-form-urlencoded", b"listing=L"),
    ("/bag", "multipart/form-data; boundary=x", b"--x\r\n"),
    ("/webhooks/stripe", "application/json", b"{"),
    ("/api/v1/gift-cards", "application/json", b"{"),
)


@contextmanager
def dawdling(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections on which half a body has been sent."""
    with ExitStack() as open_for_now:
        clients = []
        for number in range(count):
            path, kind, half = HALVES[number % len(HALVES)]
            clients.append(open_for_now.enter_context(socket.create_connection(("127.0.0.1", port))))
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {kind}\r\nContent-Length: 1000"
            clients[-1].sendall(head.encode() + b"\r\n\r\n" + half)
        yield clients


def is_waiting(client: socket.socket) -> bool:
    """Whether nothing has been answered on it."""
    try:
        client.recv(1, socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    return False


def answers(port: int) -> bool:
    """Whether a shop answers within three seconds."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=3) as answer:
            return bool(answer.status == 200)
    except (TimeoutError, URLError):
        return False


# An upgrade that is killed -------------------------------------------------------------------------------------------


def upgrade_killed(stage: Stage) -> None:
    """From nothing to the newest revision, killed in the middle of three of its steps, on either database (W14).

    Control: after the last kill, and before the run that ends, ``doctor`` finds that migrations are missing.
    """
    column = stage.column
    column.command('CREATE DATABASE "upgraded"')
    elsewhere = sa.make_url(column.database_url).set(database="upgraded").render_as_string(hide_password=False)
    for url in (elsewhere, f"sqlite:///{column.folder / 'upgraded.db'}"):
        env = {**column.env, "DATABASE_URL": url}
        for revision in KILLED_AT:
            (column.kills / f"migrated-{revision}.0").touch()
            killed = Process("upgrade", UPGRADE, env, column.folder / "upgrades.log").run()
            assert killed.returncode < 0, f"nobody died at {revision}: {killed.stderr}"
        assert "expected" in trouble_with_migrations(stage, env), "the control: the upgrade was over already"
        column.flask("db", "upgrade", env=env)
        assert trouble_with_migrations(stage, env) == ""
    column.command('DROP DATABASE "upgraded"')
    stage.say(f"killed {len(KILLED_AT)} times on either database, and run again")


def trouble_with_migrations(stage: Stage, env: dict[str, str]) -> str:
    said = stage.column.flask("doctor", "--json", check=False, env=env).stdout
    return next(str(one["trouble"]) for one in json.loads(said) if one["name"] == "migrations")


# A restore -----------------------------------------------------------------------------------------------------------


def restored_from_a_backup(stage: Stage) -> None:
    """A dump made while somebody buys, and a sale after it: the copy's books balance, and it learns of the gap (W17).

    Control: before it asks, the copy knows nothing of that sale.
    """
    column, dump = stage.column, stage.column.folder / "backup.dump"
    during, after = stage.next_sale(), stage.next_sale()
    backup = threading.Thread(
        target=stage.cluster.run, args=("pg_dump", "--format=custom", "--file", str(dump), column.database)
    )
    backup.start()
    during.buy()
    backup.join()
    after.buy()
    column.command('CREATE DATABASE "restored"')
    restored = sa.make_url(column.database_url).set(database="restored").render_as_string(hide_password=False)
    stage.cluster.run("pg_restore", "--dbname", "restored", str(dump))
    env = {**column.env, **NOTHING_LEAVES, "DATABASE_URL": restored}
    column.flask("ledger", "verify", env=env)
    assert after.order not in column.flask("ledger", "export", env=env).stdout, "the control: it is no gap"
    found = column.flask("reconcile", "--json", check=False, env=env)
    assert found.returncode == 1, found.stdout
    gap = [name.split()[0] for name in json.loads(found.stdout)["unknown"]]
    paid: Any = column.steer("stripe", "books")
    late = [session["id"] for session in paid["paid"]][-2:]  # the dump may have come before the first of the two
    assert gap in ([late[1]], late, late[::-1]), (gap, late)
    column.flask("ledger", "verify", env=env)
    column.command('DROP DATABASE "restored"')
    for sale in (during, after):
        sale.hand_over()
        finish(sale)
    stage.say(f"the copy balances and names what it lacks: {', '.join(gap)}")


# The copy lives beside the shop that it is a copy of: it asks the payment provider, and does nothing else outside.
NOTHING_LEAVES = {"JOBS": "none", "SHIPPING": "sandbox", "MAIL_URL": "sandbox:", "GIFT_CARDS": "own", "TAX": "table"}
