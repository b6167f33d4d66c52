"""How often a visitor may try: counted a window, never in the database.

In Redis for all web processes together where there is one, else in this process's memory. A Redis that is away, slow or
emptied stops nobody: this process counts for itself until it is back (fault W06).
"""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.utils import import_string

# The address is the connection's own; a proxy's word counts only where TRUSTED_PROXIES says so (fault P08).
limiter = Limiter(get_remote_address, strategy="sliding-window-counter", headers_enabled=False)


def configuration(redis_url: str, *, counts: bool) -> dict[str, object]:
    """What the application's configuration must say for counting at ``redis_url``, or here where it is empty."""
    if not redis_url:
        return {"RATELIMIT_ENABLED": counts, "RATELIMIT_STORAGE_URI": "memory://"}
    return {
        "RATELIMIT_ENABLED": counts,
        "RATELIMIT_STORAGE_URI": redis_url,
        "RATELIMIT_STORAGE_OPTIONS": import_string("marketplace.redis_counts:options")(),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_SWALLOW_ERRORS": True,  # a count that is lost between two commands is no reason for a 500
    }


def trouble(redis_url: str) -> str:
    """Why Redis counts nothing right now; empty where it does."""
    return str(import_string("marketplace.redis_counts:trouble")(redis_url))
