"""Logs: JSON lines on stderr, one a request, with ids instead of people and never a secret."""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from typing import Any

from flask import Flask, Response, g, request

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

access = logging.getLogger("marketplace.access")


class JSONLines(logging.Formatter):
    """A record as one line of JSON: time, level, event, request id, and what the caller added."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            "logger": record.name,
        }
        line.update({key: value for key, value in vars(record).items() if key not in _STANDARD})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def listen_to(name: str) -> None:
    """Send what the logger ``name`` and those below it say to stderr, from INFO on."""
    logger = logging.getLogger(name)
    if not any(isinstance(handler.formatter, JSONLines) for handler in logger.handlers):
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JSONLines())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = True


def init_app(app: Flask) -> None:
    """Write one line a request: route (not path), status, milliseconds."""
    listen_to("marketplace")
    listen_to("flask-limiter")  # says when Redis goes and when it is back

    @app.before_request
    def _begin() -> None:
        g.request_id, g.began = secrets.token_hex(6), time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        access.info(
            "request",
            extra={
                "request_id": g.get("request_id"),
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule else None,
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1),
            },
        )
        if request_id := g.get("request_id"):
            response.headers["X-Request-Id"] = request_id
        return response
