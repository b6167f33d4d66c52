"""A double in a process of its own: ``python -m tests.doubles.NAME --port N``, steered over ``/_double/…``.

``POST /_double/plan`` ``{"operation", "faults": [{…fields of Fault…}]}``, ``/_double/always``
``{"operation", "fault"}`` and ``/_double/behave``; ``GET /_double/calls`` says what was asked so far,
``/_double/violations`` what was asked wrongly.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from tests.doubles.faults import Fault
from tests.doubles.server import Answer, Call, Double, answers


class Steered(Double):
    """A double that another process can steer. The steering is not counted among the calls."""

    def receive(self, call: Call) -> tuple[Answer, Fault]:
        answer, fault = super().receive(call)
        if call.path.startswith("/_double/"):
            with self.lock:
                self.calls.remove(call)
        return answer, fault

    @answers("POST", "/_double/plan")
    def steer_plan(self, call: Call) -> Answer:
        self.plan(call.json["operation"], *(Fault(**fault) for fault in call.json["faults"]))
        return Answer({})

    @answers("POST", "/_double/always")
    def steer_always(self, call: Call) -> Answer:
        self.always(call.json["operation"], Fault(**call.json["fault"]))
        return Answer({})

    @answers("POST", "/_double/behave")
    def steer_behave(self, call: Call) -> Answer:
        self.behave()
        return Answer({})

    @answers("GET", "/_double/calls")
    def show_calls(self, call: Call) -> Answer:
        seen = [
            {
                "operation": one.operation,
                "method": one.method,
                "path": one.path,
                "status": one.answer.status if one.answer else None,
                "idempotency_key": one.headers.get("idempotency-key"),
            }
            for one in self.calls
            if one is not call
        ]
        return Answer(seen)

    @answers("GET", "/_double/violations")
    def show_violations(self, call: Call) -> Answer:
        return Answer(self.violations)


def arguments(name: str) -> argparse.ArgumentParser:
    """The options every double understands; each adds its own."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.doubles.{name}")
    parser.add_argument("--port", type=int, default=0, help="0: any free one; it is printed")
    return parser


def serve(double: Double) -> None:
    """Serve until told to end; the address is the first and only line on stdout."""
    signal.signal(signal.SIGTERM, _end)
    with double:
        print(double.url, flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            return


def _end(*_signal: Any) -> None:
    sys.exit(0)
