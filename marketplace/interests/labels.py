"""What each pace is called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from marketplace.interests.models import Pace

LABELS = {Pace.INSTANT: _l("With each new piece"), Pace.DAILY: _l("Once a day")}
