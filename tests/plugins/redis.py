"""A Redis of the tests' own: the server's binary on a free port, nothing on disk, gone with the run.

Skipped with a reason where there is no ``redis-server``; with ``REQUIRE_REDIS`` that is a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis import Redis, RedisError

SECONDS_TO_START = 20


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RedisServer:
    """A server that can be stopped and started again on its port, and forgets all when it stops."""

    port: int = field(default_factory=free_port)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="reprise-redis-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> Redis:
        return Redis.from_url(self.url, socket_timeout=5)

    def start(self) -> None:
        where = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder))
        keep = ("--save", "", "--appendonly", "no", "--loglevel", "warning")
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(["redis-server", *where, *keep], stdout=log, stderr=log)
        until = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                self.client().ping()
            except RedisError:
                assert time.monotonic() < until, (self.folder / "log").read_text()
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self.process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("REQUIRE_REDIS") and shutil.which("redis-server") is None:
        pytest.exit("a Redis is required and redis-server is not installed", returncode=1)


@pytest.fixture(scope="session")
def redis_of_the_run() -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (apt-get install redis-server)")
    server = RedisServer()
    server.start()
    yield server
    server.close()


@pytest.fixture
def redis_server(redis_of_the_run: RedisServer) -> RedisServer:
    """A Redis that runs and is empty."""
    if redis_of_the_run.process is None:
        redis_of_the_run.start()
    redis_of_the_run.client().flushall()
    return redis_of_the_run
