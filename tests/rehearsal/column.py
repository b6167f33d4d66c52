"""The production column on this machine: each part a process of its own, on a port of its own, in one folder.

Two web processes on one port, a worker, beat; PostgreSQL, Redis, a bucket, a mail server; in place of other companies
the doubles of ``tests/doubles``. Gift cards come from a second Reprise, or from a double that can misbehave.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

import sqlalchemy as sa
from redis import Redis

from marketplace.programme.reading import PRESETS
from tests.doubles import bucket, channels, stripe
from tests.doubles.wire import Wire
from tests.plugins import postgresql
from tests.plugins.redis import free_port
from tests.processes import ROOT, Process, python, tool, until

SECRET_KEY = "rehearsed-with-this-and-never-run-with-it"
WEBHOOK_TOKEN = "the-token-in-the-carriers-webhook-address"
ISSUER_TOKEN = "the-issuers-token"
OUTSIDE = ("redis", "bucket", "mail", "stripe", "shippo", "channels", "gift_cards")
WEBS = ("web1", "web2")
JOBS = ("worker", "beat")
WIRED = ("mail", "bucket")  # these doubles know no lost answers: in drills a wire before them does
STARTED = "Started worker-1"  # granian says so once the application has been loaded
TIMEOUT = 30  # seconds for an answer
THREADS = int((ROOT / "Procfile").read_text().partition("--blocking-threads ")[2].split()[0])


@dataclass
class Column:
    """All of it. ``server`` is where its database is made; the database's name is its own."""

    folder: Path
    server: postgresql.Server
    second_reprise: bool = True  # issues the gift cards; else a double does
    mortal: bool = False  # its processes die at the points named in the folder ``kills``
    issuer_token: str = ISSUER_TOKEN
    database: str = field(default_factory=lambda: f"reprise_rehearsal_{free_port()}")
    web_port: int = field(default_factory=free_port)
    parts: dict[str, Process] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ports = {name: free_port() for name in OUTSIDE}
        self.wires = {name: Wire(self.ports[name]) for name in WIRED} if self.mortal else {}
        self.letters = self.folder / "letters"
        self.letters.mkdir(parents=True, exist_ok=True)
        self._add("redis", ["redis-server", *_redis_options(self.ports["redis"], self.folder)], "Ready to accept")
        self._add_double("bucket")
        self._add_double("mail", "--keep", str(self.letters))
        self._add_double("shippo", "--webhook", f"{self.url}/webhooks/shippo/{WEBHOOK_TOKEN}")
        self._add_double("stripe", "--webhook", f"{self.url}/webhooks/stripe", "--tries", "60")
        self._add_double("channels", "--webhook", f"{self.url}/webhooks/channels")
        if self.second_reprise:
            self._add("gift_cards", tool("granian", *_granian_options(self.ports["gift_cards"]), "wsgi:app"), STARTED)
        else:
            self._add_double("gift_cards", "--token", ISSUER_TOKEN)
        self.kills = self.folder / "kills"
        self.kills.mkdir()
        self._web_app = "tests.rehearsal.mortal_web:app" if self.mortal else "wsgi:app"
        for web in WEBS:
            self._add(web, tool("granian", *_granian_options(self.web_port), self._web_app), STARTED)
        celery = ("-A", "tests.jobs.mortal_worker:celery" if self.mortal else "celery_app:celery")
        work = ("worker", "--concurrency", "2", "--loglevel", "info", "--without-gossip", "--without-mingle")
        self._add("worker", tool("celery", *celery, *work, "--hostname", "one@localhost"), "ready.")
        self._add("beat", tool("celery", *celery, *_beat_options(self.folder / "beat")), "beat: Starting")
        self._celery = celery

    # What each part is told ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def database_url(self) -> str:
        return sa.make_url(self.server.url).set(database=self.database).render_as_string(hide_password=False)

    def address(self, part: str) -> str:
        return f"http://127.0.0.1:{self.port(part)}"

    def port(self, part: str) -> int:
        """Where the shop finds something outside: behind a wire, or at the thing itself."""
        return self.wires[part].port if part in self.wires else self.ports[part]

    @property
    def env(self) -> dict[str, str]:
        """The shop's variables: web, worker, beat and commands are told the same."""
        return {
            "SANDBOX": "1",
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": self.url,
            "DATABASE_URL": self.database_url,
            "JOBS": "celery",
            "REDIS_URL": f"redis://127.0.0.1:{self.ports['redis']}/0",
            "PHOTO_STORE_URL": "s3://photos",
            "MAIL_URL": f"smtp://127.0.0.1:{self.port('mail')}?from=shop%40brand.example",
            "SHIPPING": "shippo",
            "SHIPPO_TOKEN": "shippo_test_rehearsal",
            "SHIPPO_API_BASE": self.address("shippo"),
            "SHIPPO_WEBHOOK_TOKEN": WEBHOOK_TOKEN,
            "PAYMENTS": "stripe",
            "STRIPE_API_KEY": stripe.KEY,
            "STRIPE_API_BASE": self.address("stripe"),
            "STRIPE_WEBHOOK_SECRET": stripe.SECRET,
            "TAX": "stripe",
            "CHANNELS": "http",
            "CHANNELS_URL": self.address("channels"),
            "CHANNELS_TOKEN": channels.TOKEN,
            "CHANNELS_WEBHOOK_SECRET": channels.SECRET,
            "GIFT_CARDS": "http",
            "GIFT_CARD_ISSUER_URL": self.address("gift_cards"),
            "GIFT_CARD_ISSUER_TOKEN": self.issuer_token,
            "KILLS": str(self.folder / "kills"),
            "LEASE_SECONDS": "5",  # longer than the slowest call of a drill, shorter than anybody's patience
            **bucket.environment(self.address("bucket")),
        }

    @property
    def issuer_env(self) -> dict[str, str]:
        """The second Reprise: the small column, on a file of its own."""
        return {
            "SANDBOX": "1",
            "SECRET_KEY": SECRET_KEY[::-1],
            "PUBLIC_URL": self.address("gift_cards"),
            "DATABASE_URL": f"sqlite:///{self.folder / 'issuer.db'}",
            "PHOTO_STORE_URL": f"file://{self.folder / 'issuer-photos'}",
        }

    def _add(self, name: str, command: list[str], ready: str) -> None:
        env = self.issuer_env if name == "gift_cards" else self.env
        self.parts[name] = Process(name, command, env, self._log(name), ready=ready)

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _add_double(self, name: str, *more: str) -> None:
        command = python("-m", f"tests.doubles.{name}", "--port", str(self.ports[name]), *more)
        self._add(name, command, f":{self.ports[name]}\n")  # a double prints its address when it listens

    # Running ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Make the database, bring it up to date, and start everything; raises with the words of what fails."""
        self.command(f'CREATE DATABASE "{self.database}" TEMPLATE template0')
        if self.second_reprise:
            self._prepare_the_issuer()
        outside, ours = ([self.parts[name] for name in names] for names in (OUTSIDE, WEBS + JOBS))
        for part in outside:
            part.begin()
        for wire in self.wires.values():
            wire.start()
        self.flask("db", "upgrade")
        self.flask("programme", "publish", str(self._programme()))
        for part in ours:
            part.begin()
        for part in outside + ours:
            part.await_ready()
        until(self.is_ready, "the shop says that it is ready")

    def _programme(self) -> Path:
        """The default programme, offered on outside marketplaces too."""
        for words in PRESETS.glob("preloved.*.po"):
            shutil.copy(words, self.folder)
        told = (PRESETS / "preloved.toml").read_text(encoding="utf-8")
        outlets = '[channels]\nis_on = true\noutlets = [{ key = "second-loft", name = "Second Loft" }]\n'
        file = self.folder / "preloved.toml"
        file.write_text(f"{told}\n{outlets}", encoding="utf-8")
        return file

    def _prepare_the_issuer(self) -> None:
        """Give the second Reprise its database, and us a token of its API."""
        for command in (("db", "upgrade"), ("programme", "publish", "preloved")):
            self.flask(*command, env=self.issuer_env)
        made = self.flask("token", "add", "another house", "--scope", "gift-cards", env=self.issuer_env)
        self.issuer_token = made.stdout.split()[-1]
        for name in WEBS + JOBS:
            self.parts[name].env = self.env

    def add_a_second_worker_and_beat(self) -> list[Process]:
        """Another of each, as after a slip of the hand; returns the two, started."""
        work = ("worker", "--concurrency", "2", "--loglevel", "info", "--hostname", "two@localhost")
        self._add("worker2", tool("celery", *self._celery, *work), "ready.")
        self._add("beat2", tool("celery", *self._celery, *_beat_options(self.folder / "beat2")), "beat: Starting")
        more = [self.parts["worker2"], self.parts["beat2"]]
        for part in more:
            part.start()
        return more

    def another_web(self, *, threads: int) -> Process:
        """A web process on a port of its own with so many threads, not started."""
        port = free_port()
        env = {**self.env, "PUBLIC_URL": f"http://127.0.0.1:{port}"}
        command = tool("granian", *_granian_options(port, threads), self._web_app)
        return Process("another web", command, env, self._log("another_web"), ready=STARTED)

    def begin_sweep(self, number: int) -> subprocess.Popen[bytes]:
        """An operator sweeps by hand, in a process of its own."""
        sweep = Process(
            f"sweep{number}", tool("flask", "--app", "wsgi", "sweep", "--once"), self.env, self._log("sweeps")
        )
        sweep.begin()
        assert sweep.running is not None
        return sweep.running

    def stop(self) -> None:
        for part in reversed(self.parts.values()):
            part.kill()
        self.command(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def is_ready(self) -> bool:
        try:
            with urlopen(f"{self.url}/readyz", timeout=TIMEOUT) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def flask(
        self, *command: str, check: bool = True, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command of the shop as an operator does."""
        told = tool("flask", "--app", "wsgi", *command)
        done = Process("flask", told, env or self.env, self._log("commands")).run()
        if check and done.returncode:
            raise AssertionError(f"flask {' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def mend(self) -> None:
        """After a drill that failed: whatever is down comes up again, and every double behaves."""
        for death in self.kills.iterdir():
            death.unlink()
        for part in self.parts.values():
            if not part.is_alive and part.name not in ("worker2", "beat2"):
                part.start()
        for double in ("stripe", "shippo", "channels", "gift_cards"):
            self.behave(double)

    def flush_redis(self) -> None:
        with Redis(port=self.ports["redis"]) as redis:
            redis.flushall()

    def misbehave(self, double: str, operations: Sequence[str], **fault: object) -> None:
        """Every call of these operations goes like this until ``behave``."""
        for operation in operations:
            self.steer(double, "always", {"operation": operation, "fault": fault})

    def behave(self, double: str) -> None:
        self.steer(double, "behave", {})

    def steer(self, double: str, path: str, body: object = None) -> object:
        """Tell a double something, or ask it."""
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.address(double)}/_double/{path}", data, {"Content-Type": "application/json"})
        with urlopen(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read())

    def ask(self, question: str, **values: object) -> object:
        """One value out of the column's database."""
        engine = sa.create_engine(self.database_url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            return connection.execute(sa.text(question), values).scalar_one()

    def command(self, statement: str) -> None:
        """A statement to the server, outside any transaction and any database of ours."""
        engine = sa.create_engine(self.server.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


def _redis_options(port: int, folder: Path) -> list[str]:
    where = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    return [*where, "--save", "", "--appendonly", "no"]


def _granian_options(port: int, threads: int = THREADS) -> list[str]:
    listen = ["--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    return [*listen, "--workers", "1", "--blocking-threads", str(threads), "--respawn-failed-workers"]


def _beat_options(schedule: Path) -> list[str]:
    return ["beat", "--loglevel", "info", "--schedule", str(schedule), "--pidfile", ""]
