"""Pages for whoever runs the shop: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify
from flask.typing import ResponseReturnValue

from marketplace import doctor
from marketplace.permissions import machine

bp = Blueprint("service", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("/healthz")
@machine
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@machine
def readyz() -> ResponseReturnValue:
    """Ready to serve, or 503 with the reasons."""
    reasons = doctor.readiness()
    return jsonify(status="ready" if not reasons else "not ready", reasons=reasons), 503 if reasons else 200


@bp.get("/metrics")
@machine
def metrics() -> ResponseReturnValue:
    """Figures with a meaning, in Prometheus' text format."""
    lines = [f"reprise_{name} {value}" for name, value in doctor.figures().items()]
    held = doctor.escrow_held().items()
    lines += [f'reprise_escrow_held_minor{{currency="{currency}"}} {minor}' for currency, minor in held]
    return Response("\n".join(lines) + "\n", mimetype="text/plain")
