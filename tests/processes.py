"""Processes of the tests' own: started with an environment of their own, waited for, killed, their words kept."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 120  # seconds until something that must happen counts as not happening

# What a process needs of the environment it is started in; nothing of a shop's settings leaks into it.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SPECS_DIR")


def until(is_so: Callable[[], bool], what: str, *, patience: float = PATIENCE) -> None:
    """Wait until something is so, as other processes make it."""
    end = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > end:
            raise AssertionError(f"never in {patience:.0f} s: {what}")
        time.sleep(0.1)


@dataclass
class Process:
    """One process and those it starts; ``log`` takes all it says, over several lives.

    It is ready once it has said ``ready`` in its present life.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    ready: str = ""
    running: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _said_before: int = field(default=0, init=False)

    def begin(self) -> None:
        """Start it; it need not answer yet."""
        self._said_before = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run it to its end and return what it said."""
        return subprocess.run(
            self.command,
            cwd=ROOT,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return {**kept, **self.env, "PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def said(self) -> str:
        """Its words since it was started last."""
        with self.log.open("rb") as log:
            log.seek(self._said_before)
            return log.read().decode(errors="replace")

    def await_ready(self) -> None:
        """Wait until it is ready; raises with its last words where it ends instead."""

        def ready_or_dead() -> bool:
            assert self.is_alive, f"{self.name} ended: {self.said[-3000:]}"
            return self.ready in self.said

        until(ready_or_dead, f"{self.name} is ready: {self.log}")

    def start(self) -> None:
        self.begin()
        self.await_ready()

    @property
    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def begin_again_if_ended(self) -> None:
        """What a supervisor does: one that ended by itself is started again, one that was stopped is not."""
        if self.running is not None and self.running.poll() is not None:
            self.begin()

    def kill(self) -> None:
        """SIGKILL, it and all it has started; harmless where it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and kill what has not ended in ten seconds."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        running, self.running = self.running, None
        if running is None:
            return
        _signal(running.pid, how)
        with suppress(subprocess.TimeoutExpired):
            running.wait(10)
        _signal(running.pid, signal.SIGKILL)
        running.wait(10)


def _signal(group: int, how: signal.Signals) -> None:
    try:
        os.killpg(group, how)
    except ProcessLookupError:
        return


def python(*arguments: str) -> list[str]:
    """A command of this very environment's Python."""
    return [sys.executable, "-W", "ignore", *arguments]


def tool(name: str, *arguments: str) -> list[str]:
    """A command that stands beside this environment's Python."""
    return [str(Path(sys.executable).with_name(name)), *arguments]
