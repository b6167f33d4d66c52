"""How often a visitor may try: counted a window, never in the database.

In Redis for all web processes together where there is one, else in this process's memory. A Redis that is away, slow or
emptied stops nobody: this process counts for itself until it is back (fault W06).
"""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_SECONDS = 0.5  # of a request for Redis, once; afterwards it is asked again in growing pauses

# The address is the connection's own; a proxy's word counts only where TRUSTED_PROXIES says so (fault P08).
limiter = Limiter(get_remote_address, strategy="sliding-window-counter", headers_enabled=False)


def configuration(redis_url: str, *, counts: bool) -> dict[str, object]:
    """What the application's configuration must say for counting at ``redis_url``, or here where it is empty."""
    if not redis_url:
        return {"RATELIMIT_ENABLED": counts, "RATELIMIT_STORAGE_URI": "memory://"}
    return {
        "RATELIMIT_ENABLED": counts,
        "RATELIMIT_STORAGE_URI": redis_url,
        "RATELIMIT_STORAGE_OPTIONS": _impatient(),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,  # a count that is lost between two commands is no reason for a 500
    }


def trouble(redis_url: str) -> str:
    """Why Redis counts nothing right now; empty where it does."""
    try:
        with Redis.from_url(redis_url, **_impatient()) as redis:
            redis.ping()
    except RedisError as away:
        return f"Redis does not answer: {type(away).__name__}"
    return ""


def _impatient() -> dict[str, object]:
    return {
        "socket_connect_timeout": PATIENCE_SECONDS,
        "socket_timeout": PATIENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
