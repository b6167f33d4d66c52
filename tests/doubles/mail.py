"""A mail server on a real socket: keeps every letter it takes, and misbehaves as it is told.

In a process of its own: ``python -m tests.doubles.mail --port N --keep FOLDER`` writes each letter it takes into a file
of the folder, named by its Message-ID and, for repeats, a number.
"""

from __future__ import annotations

import asyncio
import email
import hashlib
import threading
from collections import defaultdict, deque
from email.message import EmailMessage
from email.policy import SMTP as AS_SENT
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.doubles.control import arguments, serve

LOST = "the answer is lost"  # the connection breaks after the work
SILENCE = "silence"  # no answer comes
STEPS = ("MAIL", "RCPT", "DATA")


class MailDouble:
    """Letters lie in ``letters`` as they came. ``plan("DATA", LOST)`` says how the next call of a step goes.

    A planned text is the server's answer, and nothing is done; ``user`` and ``password`` make signing in a must.
    """

    def __init__(self, port: int = 0, *, user: str = "", password: str = "", keep: Path | None = None) -> None:
        self.port = port
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.signed_in: list[str] = []
        self._plans: dict[str, deque[str]] = defaultdict(deque)
        self._standing: dict[str, str] = {}
        self._lock = threading.Lock()
        self._login, self._keep = (user, password), keep
        self._controller: Controller | None = None

    # Running ---------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen; after ``stop`` again on the same port, with the same letters."""
        user, password = self._login
        self._controller = _Listening(
            self,
            hostname="127.0.0.1",
            port=self.port,
            authenticator=self._check(user.encode(), password.encode()) if user else None,
            auth_required=bool(user),
            auth_require_tls=False,
        )
        self._controller.start()
        self.port = self._controller.port
        return self

    def stop(self) -> None:
        """Go down: whoever calls now is refused, and every open conversation ends."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_trouble: object) -> None:
        self.stop()

    def plan(self, step: str, *answers: str) -> None:
        """The next calls of ``step`` go like this, one each, in order."""
        assert step in STEPS, f"no step {step!r}"
        self._plans[step].extend(answers)

    def always(self, step: str, answer: str) -> None:
        """Every call of ``step`` goes like this until ``behave``."""
        assert step in STEPS, f"no step {step!r}"
        self._standing[step] = answer

    def behave(self) -> None:
        self._plans.clear()
        self._standing.clear()

    def to(self, address: str) -> list[EmailMessage]:
        """What has been taken for an address, repeats among it, oldest first."""
        return [
            letter for letter, (_sender, all_of) in zip(self.letters, self.envelopes, strict=True) if address in all_of
        ]

    # The conversation ------------------------------------------------------------------------------------------------

    async def handle_MAIL(  # noqa: N802 (the library's name)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := await self._next("MAIL", server):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := await self._next("RCPT", server):
            return said
        if address.endswith("@bounce.test"):
            return "550 5.1.1 nobody lives here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        planned = self._planned("DATA")
        if planned and planned not in {LOST, SILENCE}:
            return planned
        self._take(envelope)
        return await self._misbehave(planned, server) or "250 OK"

    def _take(self, envelope: Envelope) -> None:
        letter: EmailMessage = email.message_from_bytes(envelope.original_content or b"", policy=AS_SENT)  # type: ignore[assignment]
        with self._lock:
            self.letters.append(letter)
            self.envelopes.append((envelope.mail_from or "", list(envelope.rcpt_tos)))
            if self._keep is not None:
                name = hashlib.sha256(str(letter["Message-ID"]).encode()).hexdigest()[:16]
                copies = len(list(self._keep.glob(f"{name}-*.eml")))
                (self._keep / f"{name}-{copies + 1}.eml").write_bytes(envelope.original_content or b"")

    def _planned(self, step: str) -> str:
        return self._plans[step].popleft() if self._plans[step] else self._standing.get(step, "")

    async def _next(self, step: str, server: SMTP) -> str:
        return await self._misbehave(self._planned(step), server)

    async def _misbehave(self, planned: str, server: SMTP) -> str:
        if planned == LOST:
            server.transport.abort()
        if planned == SILENCE:
            await asyncio.sleep(30)
        return "" if planned in {LOST, SILENCE} else planned

    def _check(self, user: bytes, password: bytes) -> Any:
        def authenticate(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
            known = isinstance(given, LoginPassword) and (given.login, given.password) == (user, password)
            if known:
                self.signed_in.append(user.decode())
            return AuthResult(success=known)

        return authenticate


class _Listening(Controller):
    """Learns which port it was given before the library calls it up."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


if __name__ == "__main__":
    parser = arguments("mail")
    parser.add_argument("--keep", type=Path, help="a folder for the letters")
    chosen = parser.parse_args()
    if chosen.keep:
        chosen.keep.mkdir(parents=True, exist_ok=True)
    serve(MailDouble(chosen.port, keep=chosen.keep))
