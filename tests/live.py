"""A shop that really listens: waitress on a free port of this machine, its jobs running beside it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from waitress.server import create_server

from marketplace.demo.serving import PATIENCE
from marketplace.jobs.runner import EmbeddedRunner
from tests.shop import close, make_shop
from tests.web import Browser


class LiveShop:
    """A served shop. The payment provider's pages live at ``payment_url``: another origin, as in real life."""

    def __init__(self, database_url: str, *, photos: Path, **settings: Any) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        self.url, self.payment_url = f"http://127.0.0.1:{port}", f"http://localhost:{port}"
        self.app = make_shop(
            database_url,
            photos=photos,
            public_url=self.url,
            sandbox_payment_origin=self.payment_url,
            **settings,
        )
        self.app.testing = False
        self.app.test_client_class = Browser
        self._server = create_server(self.app, sockets=[listening], threads=4, **PATIENCE)
        self._serving = threading.Thread(target=self._serve, name="live shop", daemon=True)
        self._runner = EmbeddedRunner(self.app)

    def _serve(self) -> None:
        try:
            self._server.run()
        except OSError:
            if self._running:
                raise

    def start(self) -> None:
        self._running = True
        self._serving.start()
        self._runner.start()

    def stop(self) -> None:
        self._running = False
        self._runner.stop()
        self._server.close()
        self._serving.join(timeout=10)
        close(self.app)

    def run(self, action: Callable[[], Any]) -> Any:
        """Run ``action`` against this shop's database and return what it returns.

        The runner rests meanwhile: a test that does what is due itself would else find the half of it in other hands.
        """
        self._runner.stop()
        try:
            with self.app.app_context():
                return action()
        finally:
            self._runner = EmbeddedRunner(self.app)
            self._runner.start()

    def cookie_of(self, person: Any) -> dict[str, Any]:
        """The cookie of a browser on which ``person`` is signed in, as Playwright takes it."""
        client = self.app.test_client()
        assert isinstance(client, Browser)
        client.sign_in_as(person)
        name = self.app.config["SESSION_COOKIE_NAME"]
        cookie = client.get_cookie(name, domain="127.0.0.1")
        assert cookie is not None
        return {"name": name, "value": cookie.value, "url": self.url}
