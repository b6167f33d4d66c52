"""Drills of running a shop: slow visitors, an upgrade that is killed, a restore from a backup taken under load."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import sqlalchemy as sa

from tests.processes import Process, tool
from tests.rehearsal.stage import Stage, finish

SLOW_CLIENTS = 100
KILLED_AT = ("0001", "0003", "0006")  # revisions whose changes are made and not yet noted
UPGRADE = tool("flask", "--app", "tests.rehearsal.mortal_web", "db", "upgrade")


# Slow visitors -------------------------------------------------------------------------------------------------------


def slow_clients(stage: Stage) -> None:
    """A hundred visitors send half a request and no more; somebody buys meanwhile (W16).

    Control: one of them alone stops a server that reads in the thread that serves.
    """
    sale = stage.next_sale()
    with dawdling(stage.column.web_port, SLOW_CLIENTS):
        sale.buy()
    assert sale.buyer.refused_for_now == 0, "a buyer was put off"
    assert_one_dawdler_stops_a_simple_server()
    sale.hand_over()
    finish(sale)
    stage.say(f"bought beside {SLOW_CLIENTS} slow clients")


@contextmanager
def dawdling(port: int, count: int) -> Iterator[None]:
    with ExitStack() as open_for_now:
        for _number in range(count):
            client = open_for_now.enter_context(socket.create_connection(("127.0.0.1", port)))
            client.sendall(b"POST /bag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\nhalf")
        yield


class SimpleServer(HTTPServer):
    """One request after the other; of those that break off it says nothing."""

    def handle_error(self, *_request: object) -> None:
        return


def assert_one_dawdler_stops_a_simple_server() -> None:
    with SimpleServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with socket.create_connection(("127.0.0.1", server.server_port)) as dawdler:
            dawdler.sendall(b"GET / HTTP/1.1\r\n")
            try:
                urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=2)
            except (TimeoutError, URLError):
                pass
            else:
                raise AssertionError("the control: it answered all the same")
        server.shutdown()


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
    return next((one["trouble"] for one in json.loads(said) if one["name"] == "migrations"), "") if said else "expected"


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
