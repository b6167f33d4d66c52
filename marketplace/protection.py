"""What every answer carries and every request must pass before a view sees it.

Strict CSP without inline code; one host; no page of a person kept by a cache; texts that are text.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit
from wsgiref.headers import Headers as StaticHeaders

from flask import Flask, Response, abort, request, session
from werkzeug.datastructures import Headers
from werkzeug.routing import IntegerConverter, Map

from marketplace.settings import Settings

MOST_TYPED = 512 * 1024  # bytes of a form without files
MOST_FIELDS = 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FOR_MACHINES = frozenset({"/healthz", "/readyz", "/metrics"})  # asked by address, and without a link in their answers
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask, settings: Settings) -> None:
    """Register the checks and headers."""
    app.url_map.converters["int"] = RowNumber
    # The sandbox's payment pages are ours to serve; a real provider's are not.
    own = {settings.public_url} | ({settings.payment_origin} if settings.payments == "sandbox" else set())
    hosts = {urlsplit(origin).netloc for origin in own}

    @app.before_request
    def _one_host() -> None:
        # A foreign Host header would end up in links we mail (fault X10).
        if request.host not in hosts and request.path not in FOR_MACHINES:
            abort(400)

    @app.before_request
    def _readable_text() -> None:
        if not _is_text(request.environ.get("PATH_INFO", "").encode("latin-1")):
            abort(400)
        if not _is_text(unquote_to_bytes(request.query_string)):
            abort(400)
        if request.mimetype == "application/x-www-form-urlencoded":
            if (request.content_length or 0) > MOST_TYPED or request.get_data().count(b"&") >= MOST_FIELDS:
                abort(413)
            if not _is_text(unquote_to_bytes(request.get_data())):
                abort(400)

    @app.before_request
    def _same_origin() -> None:
        # A second wall behind the CSRF token: browsers say where a POST comes from (X07).
        origin = request.headers.get("Origin")
        foreign = origin is not None and origin not in own and origin != "null"
        if request.method not in SAFE_METHODS and foreign and "Authorization" not in request.headers:
            abort(403)

    @app.after_request
    def _headers(response: Response) -> Response:
        harden(response.headers, settings)
        if "Cache-Control" not in response.headers:
            # Pages differ by person, bag and token: none of them may outlive the visit (X16).
            response.headers["Cache-Control"] = "no-store" if session else "private, no-cache"
        return response


def _is_text(sent: bytes) -> bool:
    """Whether the bytes are UTF-8 without control characters but tabs and line breaks (faults X12, X15).

    All else would come through as other signs than were sent, or could not be shown again in a page.
    """
    try:
        return not _CONTROLS.search(sent.decode())
    except UnicodeDecodeError:
        return False


class RowNumber(IntegerConverter):
    """A number in an address, as far as a database can hold one; above that there is nothing there (fault B20)."""

    regex = "[0-9]+"  # the library would take every script's figures

    def __init__(self, url_map: Map, max: int = 2**31 - 1, **more: Any) -> None:  # noqa: A002 (the library's name)
        super().__init__(url_map, max=max, **more)


def harden(headers: Headers | StaticHeaders, settings: Settings) -> None:
    """Add what protects an answer, page or file, where the answer does not say otherwise (fault X18)."""
    headers.setdefault("Content-Security-Policy", _content_security_policy(settings))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("X-Frame-Options", "DENY")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
    if settings.is_https:
        headers.setdefault("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


@cache
def _content_security_policy(settings: Settings) -> str:
    form_targets = " ".join(dict.fromkeys(["'self'", settings.public_url, *settings.payment_origins]))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            f"form-action {form_targets}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )
