"""The ground all doubles stand on: an HTTP server with routes, a memory of its calls, and a plan of misbehaviour.

A double is a class with methods marked ``@answers("POST", "/v1/things/{thing}")``. The method's name is the name of the
operation; it takes a ``Call``, works under the double's one lock, and returns an ``Answer``::

    with StripeDouble() as stripe:
        stripe.plan("create_session", lose_answer())  # the next call only; then it behaves again
        ...
        assert stripe.count("create_session") == 2

``/_double/…`` steers a double that runs in a process of its own: see ``tests.doubles.control``.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.contracts.forms import multipart
from tests.doubles.faults import Fault

LONGEST_SILENCE = 60.0  # seconds
WELL = Fault()


@dataclass
class Answer:
    """What a call is answered with: a JSON document, or text and bytes under a ``content_type`` of their own."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass
class Call:
    """One request as it came in, and, once there is one, its answer."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]  # names in lower case
    body: bytes
    operation: str = ""
    parts: dict[str, str] = field(default_factory=dict)  # what stood in the path's braces
    fault: Fault = WELL
    answer: Answer | None = None

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"null")

    @property
    def has_files(self) -> bool:
        return self.headers.get("content-type", "").startswith("multipart/form-data")

    @property
    def form(self) -> list[tuple[str, str]]:
        if self.has_files:
            return multipart(self.body)
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def said(self) -> bytes:
        """What the body says, however it was cut into parts."""
        return json.dumps(self.form).encode() if self.has_files else self.body


Work = Callable[[Any, Call], Answer]


def answers(method: str, path: str) -> Callable[[Work], Work]:
    """Mark a method as the operation that answers ``method`` on ``path``; ``{name}`` stands for one part of it."""

    def mark(work: Work) -> Work:
        work.route = (method, path)  # type: ignore[attr-defined]
        return work

    return mark


class Double:
    """A stateful server on ``127.0.0.1``; use it as a context manager, or ``start`` and ``stop`` it.

    Subclasses may override ``before`` (an answer of its own stops the call: sign-in, schemas) and ``after`` (sees each
    answer given for work done).
    """

    _routes: ClassVar[list[tuple[str, re.Pattern[str], str]]] = []

    def __init__(self, port: int = 0) -> None:
        self.lock = threading.RLock()
        self.calls: list[Call] = []
        self.violations: list[str] = []  # what callers did that the service's description does not allow
        self._plans: dict[str, deque[Fault]] = defaultdict(deque)
        self._standing: dict[str, Fault] = {}
        self._port = port
        self._server: _Server | None = None
        self.stopping = threading.Event()

    def __init_subclass__(cls) -> None:
        found = []
        for name in dir(cls):
            method, path = getattr(getattr(cls, name), "route", (None, None))
            if method and path:
                pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + r"\Z")
                found.append((method, pattern, name))
        # A fixed path goes before one with a part that may be anything.
        cls._routes = sorted(found, key=lambda route: ("(?P" in route[1].pattern, route[2]))

    # Running ---------------------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> Self:
        """Listen; after ``stop`` again on the same port, with the same books."""
        self.stopping.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name=type(self).__name__, daemon=True).start()
        return self

    def stop(self) -> None:
        """Go down: whoever calls now is refused, and every open connection ends."""
        self.stopping.set()
        if self._server is not None:
            self._server.end()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_trouble: object) -> None:
        self.stop()

    # What a test says and asks ---------------------------------------------------------------------------------------

    def plan(self, operation: str, *faults: Fault) -> None:
        """The next calls of ``operation`` go like this, one each, in order."""
        self._check(operation)
        with self.lock:
            self._plans[operation].extend(faults)

    def always(self, operation: str, fault: Fault) -> None:
        """Every call of ``operation`` (``*``: of any) goes like this until ``behave``."""
        self._check(operation)
        with self.lock:
            self._standing[operation] = fault

    def behave(self) -> None:
        """Forget every planned misbehaviour."""
        with self.lock:
            self._plans.clear()
            self._standing.clear()

    def of(self, operation: str) -> list[Call]:
        """The calls of an operation so far, oldest first."""
        with self.lock:
            return [call for call in self.calls if call.operation == operation]

    def count(self, operation: str) -> int:
        return len(self.of(operation))

    def _check(self, operation: str) -> None:
        known = {name for _method, _pattern, name in self._routes}
        assert operation in known | {"*"}, f"no operation {operation!r}; there are {sorted(known)}"

    # What subclasses say ---------------------------------------------------------------------------------------------

    def before(self, call: Call) -> Answer | None:
        return None

    def after(self, call: Call, answer: Answer) -> None:
        return None

    def no_such_path(self, call: Call) -> Answer:
        return Answer({"error": f"no {call.method} {call.path}"}, 404)

    # One call --------------------------------------------------------------------------------------------------------

    def receive(self, call: Call) -> tuple[Answer, Fault]:
        """Remember the call, misbehave as planned, do the work; returns the answer and what shall become of it."""
        work = self._find(call)
        with self.lock:
            self.calls.append(call)
            call.fault = fault = self._next_fault(call.operation)
        if fault.delay:
            self.stopping.wait(fault.delay)
        if fault.status is not None and fault.reply != "lie":
            call.answer = Answer(fault.body, fault.status, fault.headers)
        elif fault.works:
            with self.lock:
                call.answer = self.before(call) or self._work(work, call)
            if fault.reply == "lie":
                call.answer = Answer(fault.body, fault.status or 500, fault.headers)
        return call.answer or Answer(), fault

    def _work(self, work: Work, call: Call) -> Answer:
        answer = work(self, call)
        self.after(call, answer)
        return answer

    def _find(self, call: Call) -> Work:
        for method, pattern, name in self._routes:
            if method == call.method and (match := pattern.match(call.path)):
                call.operation = name
                call.parts = {part: unquote(value) for part, value in match.groupdict().items()}
                return getattr(type(self), name)
        return type(self).no_such_path

    def _next_fault(self, operation: str) -> Fault:
        if planned := self._plans[operation]:
            return planned.popleft()
        return self._standing.get(operation) or self._standing.get("*", WELL)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], double: Double) -> None:
        self.double = double
        self.open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def end(self) -> None:
        self.shutdown()
        self.server_close()
        for connection in tuple(self.open):
            _break(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no news; a fault of the double's own is printed."""
        if not self.double.stopping.is_set():
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        with suppress(OSError):  # the caller has gone, or was sent away
            super().finish()

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qsl(address.query, keep_blank_values=True)
        call = Call(self.command, address.path, query, headers, body)
        answer, fault = self.server.double.receive(call)
        self._reply(answer, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (the library's names)

    def _reply(self, answer: Answer, fault: Fault) -> None:
        if fault.reply == "silence":
            self.server.double.stopping.wait(LONGEST_SILENCE)
        if fault.reply in ("reset", "silence"):
            self.close_connection = True
            _break(self.connection)
            return
        payload = answer.payload()
        sent = payload[: len(payload) // 2] if fault.reply == "cut" else payload
        for _copy in range(2 if fault.reply == "twice" else 1):
            self._write(replace(answer, body=sent), len(payload))
        if fault.reply in ("cut", "twice"):
            self.close_connection = True

    def _write(self, answer: Answer, length: int) -> None:
        try:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(length))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.payload())
        except OSError:
            self.close_connection = True  # the caller did not wait

    def log_message(self, *_args: object) -> None:
        """Nothing: the calls are remembered."""


def _break(connection: socket.socket) -> None:
    """End a connection at once, with a reset and not with a farewell."""
    with suppress(OSError):  # it may be over already
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
