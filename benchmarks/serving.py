"""Serving an application with granian in processes of its own, and what those processes use."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from benchmarks.databases import process_cpu_seconds

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 60.0


class NotServing(Exception):
    """The server did not come up; the message is what it said."""


@dataclass(frozen=True)
class Server:
    """A running server. Its figures are sums over all of its processes."""

    process: subprocess.Popen[bytes]
    port: int

    def pids(self) -> list[int]:
        """The server's first process and all that descend from it."""
        found, new = [], [self.process.pid]
        while new:
            found += new
            new = [child for pid in new for child in _children(pid)]
        return found

    def cpu_seconds(self) -> float:
        return sum(process_cpu_seconds(pid) for pid in self.pids())

    def worker_megabytes(self) -> float:
        """The largest worker's resident memory."""
        return max(_resident_megabytes(pid) for pid in self.pids()[1:] or self.pids())

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)


def _children(pid: int) -> list[int]:
    tasks = (Path("/proc") / str(pid) / "task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _resident_megabytes(pid: int) -> float:
    pages = int((Path("/proc") / str(pid) / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def serving(target: str, variables: Mapping[str, str], *, port: int, workers: int = 1) -> Iterator[Server]:
    """Serve ``module:application`` until the block ends; comes back when the port answers."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--no-ws"]
    command += ["--workers", str(workers), "--blocking-threads", "128", "--log-level", "warning", target]
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    server = Server(process, port)
    try:
        _wait_for(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(server: Server) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise NotServing(f"the server ended with {server.process.returncode}")
        try:
            with socket.create_connection(("127.0.0.1", server.port), timeout=1):
                return
        except OSError:
            time.sleep(0.01)
    raise NotServing(f"nothing answers at port {server.port}")
