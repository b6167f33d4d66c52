"""The production column's jobs within a test: real messages through a real Redis, workers and beats as threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from celery import Celery
from celery.beat import EmbeddedService, Scheduler
from celery.contrib.testing.worker import start_worker
from flask import Flask
from kombu.asynchronous import set_event_loop

from marketplace.jobs import broker
from marketplace.jobs.ringing import Ringer
from marketplace.jobs.worker import make_worker

PATIENCE = 20  # seconds until something that must happen counts as not happening
BEAT = timedelta(milliseconds=200)


def a_celery(app: Flask, redis_url: str, **transport: object) -> Celery:
    """The product's Celery on ``app``, its beat hurried; ``transport`` are options of Redis'."""
    celery = make_worker(app, redis_url)
    celery.conf.beat_schedule["ask our tables"]["schedule"] = BEAT
    celery.conf.broker_transport_options.update(transport)
    return celery


@contextmanager
def worker(celery: Celery, *, at_once: int = 2) -> Iterator[None]:
    """A worker that does so many tasks at once, on an event loop of its own: by default the process's one is taken."""
    set_event_loop(None)
    with start_worker(
        celery, pool="threads", concurrency=at_once, perform_ping_check=False, loglevel="ERROR", shutdown_timeout=60.0
    ):
        yield


@contextmanager
def beat(celery: Celery) -> Iterator[None]:
    service = EmbeddedService(celery, thread=True, scheduler_cls=Scheduler, max_interval=0.2)
    service.start()
    try:
        yield
    finally:
        service.stop()


@contextmanager
def ringer(redis_url: str) -> Iterator[Ringer]:
    """The thread of a web process that passes the bell on."""
    made = Ringer(broker.make_celery(redis_url))
    made.start()
    try:
        yield made
    finally:
        made.stop()


def until(is_so: Callable[[], bool], what: str) -> None:
    """Wait until something is so, as other threads or processes make it."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, f"never: {what}"
        threading.Event().wait(0.05)
