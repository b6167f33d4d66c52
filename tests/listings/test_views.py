"""How often a piece was looked at, over the life of a web process."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from marketplace.listings import views
from marketplace.listings.finding import public_path
from tests.fresh import FreshDatabase
from tests.plugins.redis import free_port
from tests.processes import Process, tool
from tests.shop import SETTINGS
from tests.shopping import live_listing


@pytest.mark.parametrize(("end", "kept"), [(signal.SIGTERM, 1), (signal.SIGKILL, 0)])
def test_what_a_worker_has_counted_is_written_when_it_is_told_to_end(
    fresh_database: FreshDatabase, tmp_path: Path, end: signal.Signals, kept: int
) -> None:
    """The control is killed: it takes along what it had counted."""

    def piece() -> tuple[int, str]:
        listing = live_listing()
        return listing.id, public_path(listing)

    listing_id, path = fresh_database.run(piece)
    port = free_port()
    shop = f"http://127.0.0.1:{port}"
    env = {
        "PUBLIC_URL": shop,
        "SANDBOX": "1",
        "JOBS": "none",
        "SECRET_KEY": SETTINGS.secret_key,
        "DATABASE_URL": fresh_database.url,
        "PHOTO_STORE_URL": f"file://{tmp_path}",
    }
    command = tool("granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "wsgi:app")
    web = Process("web", command, env, tmp_path / "web.log", ready="Started worker-1")
    try:
        web.start()
        answer = urlopen(Request(shop + path, headers={"User-Agent": "Mozilla/5.0 (X11)"}))
        assert answer.status == 200
        assert web.running is not None
        if end is signal.SIGTERM:
            os.kill(web.running.pid, end)
            web.running.wait(20)
    finally:
        web.kill()
    assert fresh_database.run(lambda: views.views_of([listing_id])) == ({listing_id: kept} if kept else {})
