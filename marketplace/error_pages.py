"""Errors as pages: each with its own words and a next step; as JSON for machines under ``/api/``."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateNotFound
from werkzeug.exceptions import HTTPException, InternalServerError

from marketplace.database import db
from marketplace.errors import Refusal

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


def init_app(app: Flask) -> None:
    """Register the handlers."""

    @app.errorhandler(CSRFError)
    def _expired_form(_error: CSRFError) -> ResponseReturnValue:
        return _page(419 if not request.path.startswith("/api/") else 400, None)

    @app.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> ResponseReturnValue:
        return _page(refusal.status, refusal.message)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> ResponseReturnValue:
        if error.code is None or error.code < 400:
            return error
        return _page(error.code, None, dict(getattr(error, "headers", None) or {}))

    @app.errorhandler(Exception)
    def _fault(error: Exception) -> ResponseReturnValue:
        # A fault of ours stays a 500 with an id and a log line; what is known is handled where it is known.
        where = {"request_id": g.get("request_id"), "route": str(request.url_rule)}
        log.error("unhandled fault", exc_info=error, extra=where)
        if app.testing and not app.config.get("SHOW_FAULTS_AS_PAGES"):
            raise error
        return _page(InternalServerError.code, None)


def _page(status: int, message: Any, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    db.session.rollback()
    if request.path.startswith("/api/"):
        text = str(message) if message else _("This request cannot be carried out.")
        return jsonify(error={"code": CODES.get(status, "error"), "message": text}), status, headers or {}
    context = {"status": status, "message": message, "request_id": g.get("request_id")}
    try:
        body = render_template(f"errors/{status}.html", **context)
    except TemplateNotFound:
        body = render_template("errors/error.html", **context)
    return body, status, headers or {}
