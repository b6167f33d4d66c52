"""What a visitor sees without a connection: one page, kept by the browser together with its style and faces."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from marketplace.permissions import public

bp = Blueprint("offline", __name__)


@bp.get("/offline")
@public
def offline() -> ResponseReturnValue:
    """The page itself; it knows nobody, so that it may be shown to anybody who uses this browser."""
    return render_template("errors/offline.html")


@bp.get("/offline-worker")
@public
def worker() -> Response:
    """The script that answers with that page where the network does not; it lies at the root to reach every page."""
    answer = current_app.send_static_file("js/offline-worker.js")
    answer.cache_control.no_cache = True
    return answer
