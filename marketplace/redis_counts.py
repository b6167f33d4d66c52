"""The Redis that counts tries, in which nobody waits long. Loaded where there is one: its library weighs 8 MB."""

from __future__ import annotations

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 0.5  # of a request for Redis, once; afterwards it is asked again in growing pauses


def options() -> dict[str, object]:
    """How the library connects: briefly, and once."""
    return {
        "socket_connect_timeout": PATIENCE_SECONDS,
        "socket_timeout": PATIENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }


def trouble(redis_url: str) -> str:
    """Why Redis counts nothing right now; empty where it does."""
    try:
        with Redis.from_url(redis_url, **options()) as redis:
            redis.ping()
    except RedisError as away:
        return f"Redis does not answer: {type(away).__name__}"
    return ""
