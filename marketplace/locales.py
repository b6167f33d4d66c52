"""The reader's locale, asked for a few hundred times a page."""

from __future__ import annotations

from flask.globals import app_ctx
from flask_babel import get_locale

DEFAULT = "en_US"


def spoken() -> str:
    """The reader's locale as Babel writes it, for functions that remember what they wrote by it."""
    try:
        kept = app_ctx._get_current_object().g.get("_flask_babel")  # type: ignore[attr-defined]
    except RuntimeError:  # nobody reads: no application at work
        return DEFAULT
    # Flask-Babel looks through four proxies each time, and a locale is written anew by each ``str``.
    locale = getattr(kept, "babel_locale", None)
    if locale is None:
        return str(get_locale() or DEFAULT)
    known = getattr(kept, "written_locale", None)
    if known is None or known[0] is not locale:
        known = kept.written_locale = (locale, str(locale))
    return str(known[1])
