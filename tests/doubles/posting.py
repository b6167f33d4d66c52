"""Signed webhooks on their way to the shop: sent at once, twice, never, or held back and let go in any order."""

from __future__ import annotations

import hashlib
import hmac
import queue
import threading
import time
from contextlib import suppress

import requests

SECONDS = 10  # how long an answer is waited for
PAUSE = 1  # seconds until one that was not taken is sent again


class Postbox:
    """What one endpoint is sent. ``manner``: ``send``, ``twice``, ``never`` or ``hold``; ``sent`` keeps every body.

    Without an address nothing leaves, and a test carries ``sent`` over by hand. ``tries`` says how often one is sent
    until it is answered with 200: Stripe goes on for days.
    """

    def __init__(self, url: str, secret: str, *, header: str = "Stripe-Signature") -> None:
        self.url, self.secret, self.manner, self.header = url, secret, "send", header
        self.tries = 1
        self.sent: list[bytes] = []
        self.answers: list[int] = []
        self._held: list[bytes] = []
        self._queue: queue.Queue[bytes | None] = queue.Queue()
        self._carrier: threading.Thread | None = None

    def post(self, body: bytes) -> None:
        self.sent.append(body)
        if self.manner == "hold":
            self._held.append(body)
        elif self.manner != "never":
            self._leave(body, copies=2 if self.manner == "twice" else 1)

    def release(self, *, backwards: bool = False) -> None:
        """Let go of what was held, in the order it happened or the other way round."""
        held, self._held = self._held, []
        for body in reversed(held) if backwards else held:
            self._leave(body)

    def signature(self, body: bytes, at: int | None = None) -> str:
        """The header that signs a body, now or as if it were another second."""
        moment = int(time.time()) if at is None else at
        signed = hmac.new(self.secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={signed}"

    def wait(self, count: int, seconds: float = 10) -> None:
        """Until ``count`` webhooks have been answered."""
        end = time.monotonic() + seconds
        while len(self.answers) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.answers) >= count, f"{len(self.answers)} of {count} webhooks were answered"

    def close(self) -> None:
        if self._carrier is not None:
            self._queue.put(None)
            self._carrier = None

    def _leave(self, body: bytes, copies: int = 1) -> None:
        if not self.url:
            return
        if self._carrier is None:
            self._carrier = threading.Thread(target=self._carry, name="webhooks", daemon=True)
            self._carrier.start()
        for _copy in range(copies):
            self._queue.put(body)

    def _carry(self) -> None:
        while (body := self._queue.get()) is not None:
            for number in range(self.tries):
                if self._send(body):
                    break
                if number + 1 < self.tries:
                    time.sleep(PAUSE)

    def _send(self, body: bytes) -> bool:
        """Whether it was taken; an endpoint that is down hears of it from no one."""
        with suppress(requests.RequestException):
            headers = {self.header: self.signature(body), "Content-Type": "application/json"}
            answer = requests.post(self.url, data=body, headers=headers, timeout=SECONDS)
            self.answers.append(answer.status_code)
            return answer.status_code == 200
        return False
