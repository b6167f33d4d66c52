"""What a Celery worker does: it calls our runner, and nothing else."""

from __future__ import annotations

from typing import Any

from celery import Celery, signals
from flask import Flask

from marketplace import journal
from marketplace.database import db
from marketplace.jobs import broker, runner


def make_worker(app: Flask, redis_url: str) -> Celery:
    """The Celery that workers and beat run on, its one task bound to ``app``."""

    def sweep() -> None:
        with app.app_context():
            runner.run_until_idle(within=broker.LONGEST_SWEEP)

    def forget_the_parents_connections(**_: Any) -> None:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose(close=False)

    celery = broker.make_celery(redis_url)
    celery.task(sweep, name=broker.SWEEP, shared=False)
    signals.worker_process_init.connect(forget_the_parents_connections, weak=False)
    signals.setup_logging.connect(_write_json_lines)
    return celery


def _write_json_lines(**_: Any) -> None:
    """Instead of Celery's own format."""
    journal.listen_to("celery")
