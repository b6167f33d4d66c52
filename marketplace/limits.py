"""How often a visitor may try: counted a window, in this process's memory or in Redis, never in the database."""

from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

# The address is the connection's own; a proxy's word counts only where TRUSTED_PROXIES says so (fault P08).
limiter = Limiter(get_remote_address, strategy="sliding-window-counter", headers_enabled=False)
