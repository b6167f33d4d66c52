"""Celery on Redis (``JOBS=celery``): one task that runs our runner, sent by beat and by the bell.

A message says no more than "look": what is due stands in our tables, so a message that is lost, late or doubled costs
nothing but time (faults W03, W05, W11).
"""

from __future__ import annotations

from datetime import timedelta

from celery import Celery
from redis import Redis, RedisError

SWEEP = "marketplace.sweep"
QUEUE = "sweeps"

EVERY = timedelta(seconds=2)  # beat's pause: what the bell could not tell is found this late
LONGEST_SWEEP = timedelta(minutes=5)  # then the task ends between two rounds, and the next goes on
LONGEST_TASK = timedelta(minutes=50)  # a round that hangs is killed
VISIBILITY = timedelta(hours=1)  # longer than any task: Redis gives none out twice while it runs
# After an hour others have said the same: workers that were away throw the pile away unread. Far longer than clocks of
# two machines differ (fault W08), or a worker whose clock runs ahead would throw everything away.
EXPIRY = timedelta(hours=1)
MOST_WAITING = 100  # beat alone sends as many in a few minutes: then no worker takes them
PATIENCE_SECONDS = 2.0  # of a socket to Redis


def make_celery(redis_url: str) -> Celery:
    """A Celery that knows its one queue and its one schedule; nothing is asked of Redis yet."""
    celery = Celery("marketplace", broker=redis_url, set_as_current=False)
    celery.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=LONGEST_TASK.total_seconds(),
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": VISIBILITY.total_seconds(),
            # By default a lost message is looked for every hundred seconds only.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": PATIENCE_SECONDS,
            "socket_timeout": PATIENCE_SECONDS,
            "max_retries": 1,
        },
        enable_utc=True,
        timezone="UTC",
        beat_schedule={
            "ask our tables": {"task": SWEEP, "schedule": EVERY, "options": {"expires": EXPIRY.total_seconds()}}
        },
    )
    return celery


def ring(celery: Celery) -> None:
    """Ask a worker to look now; raises ``kombu.exceptions.OperationalError`` where Redis is away."""
    celery.send_task(SWEEP, queue=QUEUE, expires=EXPIRY.total_seconds(), retry=False, ignore_result=True)


def waiting(redis_url: str) -> int:
    """How many messages no worker has taken yet; raises ``redis.RedisError`` where Redis is away."""
    with Redis.from_url(redis_url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS) as redis:
        return int(redis.llen(QUEUE))


def state_of_queue(redis_url: str) -> tuple[str, str]:
    """What an operator wants to know of it, and what is wrong with it: empty where all is well."""
    try:
        count = waiting(redis_url)
    except RedisError as away:
        return "Redis", f"Redis does not answer: {type(away).__name__}"
    return f"{count} waiting", "no worker takes them" if count > MOST_WAITING else ""
