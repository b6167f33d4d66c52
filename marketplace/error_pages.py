"""Errors as pages: each with its own words and a next step; as JSON for machines under ``/api/``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from werkzeug.exceptions import HTTPException, InternalServerError

from marketplace.database import db, is_away
from marketplace.errors import NotFound, Refusal

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "unprocessable",
    429: "too_many_requests",
}

# Fields that are typed anew: a page of ours never holds them.
SECRETS = frozenset({"password", "current", "code", "card"})
MOST_RESENT = 60  # fields
LONGEST_RESENT = 20_000  # characters in all

RETRY_AFTER_SECONDS = "30"

Suggestions = Callable[[str], Sequence[object]]


def init_app(app: Flask, suggestions: Suggestions) -> None:
    """Register the handlers. ``suggestions`` gives the pieces that a page for an address of nothing shows."""

    @app.errorhandler(CSRFError)
    def _expired_form(_error: CSRFError) -> ResponseReturnValue:
        if request.path.startswith("/api/"):
            return _page(400, None)
        return _page(419, None, resend=_resend())

    @app.errorhandler(NotFound)
    @app.errorhandler(404)
    def _nothing_here(_error: Exception) -> ResponseReturnValue:
        return _page(404, None, suggestions=_suggested(suggestions))

    @app.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> ResponseReturnValue:
        way_on = refusal.way_on or (_acted_on() if refusal.status == 409 else None)
        return _page(refusal.status, refusal.message, way_on=way_on)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        return _page(error.code, None, dict(getattr(error, "headers", None) or {}))

    @app.errorhandler(DBAPIError)
    def _database(error: DBAPIError) -> ResponseReturnValue:
        if not is_away(error):
            return _fault(error)
        g.database_is_away = True
        log.error("the database is away", extra={"request_id": g.get("request_id"), "trouble": str(error.orig)})
        return _page(503, None)

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> ResponseReturnValue:
        # A fault of ours stays a 500 with an id and a log line; what is known is handled where it is known.
        where = {"request_id": g.get("request_id"), "route": str(request.url_rule)}
        log.error("unhandled fault", exc_info=error, extra=where)
        if app.testing and not app.config.get("SHOW_FAULTS_AS_PAGES"):
            raise error
        return _page(InternalServerError.code, None)

    @app.after_request
    def _come_back(response: Response) -> Response:
        if response.status_code == 503:
            response.headers.setdefault("Retry-After", RETRY_AFTER_SECONDS)
        return response


def _resend() -> dict[str, Any] | None:
    """The form as it was typed, for sending it again with a fresh token; None where that would not be safe or whole.

    Only where the browser itself says that it comes from a page of ours (fault X07), and never with a secret or a file.
    """
    if request.headers.get("Origin") != current_app.config["SETTINGS"].public_url or request.files:
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    too_much = len(fields) > MOST_RESENT or sum(len(name) + len(value) for name, value in fields) > LONGEST_RESENT
    if too_much or SECRETS & {name for name, _value in fields}:
        return None
    return {"id": "send-again", "action": request.full_path.rstrip("?"), "fields": fields}


def _acted_on() -> str | None:
    """The page of what somebody acted on: the address above the act's own, where a page stands there."""
    above = request.path.rpartition("/")[0]
    try:
        current_app.url_map.bind("").match(above, method="GET")
    except HTTPException:
        return None
    return above


def _suggested(suggestions: Suggestions) -> Sequence[object]:
    if request.path.startswith("/api/"):
        return ()
    db.session.rollback()
    try:
        return suggestions(request.path)
    except SQLAlchemyError:
        return ()  # The page is shown even where the database is gone.


def _page(status: int, message: Any, headers: dict[str, str] | None = None, **shown: object) -> ResponseReturnValue:
    db.session.rollback()
    if request.path.startswith("/api/"):
        text = str(message) if message else _("This request cannot be carried out.")
        return jsonify(error={"code": CODES.get(status, "error"), "message": text}), status, headers or {}
    context = {"status": status, "message": message, "request_id": g.get("request_id"), **shown}
    try:
        body = render_template(f"errors/{status}.html", **context)
    except TemplateNotFound:
        body = render_template("errors/error.html", **context)
    return body, status, headers or {}
