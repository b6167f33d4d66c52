"""``flask demo`` as a newcomer runs it: a process that says where it is, answers, and stops when told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.demo.worlds import World
from tests.shop import SETTINGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds for a busy machine to start it

pytestmark = pytest.mark.timeout(1800)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _start(world: World, port: int) -> subprocess.Popen[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TZ"}},
        "DATABASE_URL": world.url,
        "PHOTO_STORE_URL": f"file://{world.photos}",
        "SECRET_KEY": SETTINGS.secret_key,
    }
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "demo", "--port", str(port)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@contextmanager
def _running(world: World, port: int) -> Iterator[subprocess.Popen[str]]:
    world.close()  # the database is the process's alone
    process = _start(world, port)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _page(address: str) -> str:
    """The page, as soon as the process answers."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(address, timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < until, "it never answered"
            time.sleep(0.2)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_starts_answers_and_stops(changeable_world: World, ending: signal.Signals) -> None:
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _running(changeable_world, port) as process:
        assert "Velorne" in _page(f"{address}/")
        process.send_signal(ending)
        said, complaints = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, complaints
    assert f"Open {address}" in said
    assert all(role in said for role in ("member", "reviewer", "agent", "warehouse", "manager"))


def test_a_port_that_is_taken_is_said_in_a_sentence(changeable_world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, _running(changeable_world, taken.getsockname()[1]) as process:
        _said, complaint = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "choose another one with PORT=8123" in complaint


@pytest.mark.browser
def test_a_phones_first_look_is_light_and_asks_nobody_else(changeable_world: World, chromium: Browser) -> None:
    """What the phone of a new visitor loads before she scrolls, with the real photos."""
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with _running(changeable_world, port):
        found = re.search(r'href="(/p/[^"]+)"', _page(f"{address}/shop"))
        assert found
        for path, most in (("/shop", 300_000), (found[1], 350_000), ("/", 350_000)):
            asked, size = _first_look(chromium, address + path)
            assert all(one.startswith(address) for one in asked)
            assert len(asked) <= 20, (path, asked)
            assert size <= most, (path, size)
            assert any("/photos/" in one for one in asked), "no photo was loaded"


def _first_look(chromium: Browser, address: str) -> tuple[list[str], int]:
    """What is asked for, and how many bytes of it travel, without anything kept from before."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True)
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    asked: list[str] = []
    sizes: list[float] = []
    page.on("request", lambda request: asked.append(request.url))
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    context.close()
    return asked, round(sum(sizes))
