"""Where a form may send a person next: paths of this shop alone."""

from __future__ import annotations

import re

# A path from the root, of unreserved and plain query characters: no second slash or backslash (another host), no
# scheme, no control character (header injection).
_OWN_PATH = re.compile(r"\A/(?![/\\])[A-Za-z0-9\-._~/%?&=+,:@!$'()*;]{0,1000}\Z")


def safe_next(value: str | None, default: str = "/") -> str:
    """``value`` where it is a path of our own, else ``default`` (fault X08)."""
    if value and _OWN_PATH.match(value) and not value.lower().startswith(("/%2f", "/%5c")):
        return value
    return default
