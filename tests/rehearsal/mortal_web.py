"""A web process that is killed with SIGKILL before or after it commits: ``before-POST-VIEW``, ``after-POST-VIEW``.

An upgrade run by it dies in the middle of a step: ``migrated-REVISION``.

``SKEW_SECONDS`` puts its clock ahead; ``DISK_HOLDS`` is the size of the largest file that its disk has room for.
"""

from __future__ import annotations

import os
import resource
from typing import Any

from tests.skew import live_ahead

if os.environ.get("SKEW_SECONDS"):  # whose clock is wrong is wrong from the first import on
    live_ahead(float(os.environ["SKEW_SECONDS"]))

from alembic.runtime.migration import HeadMaintainer
from flask import request
from flask.typing import ResponseReturnValue

from marketplace.application import Shop
from marketplace.listings import photos
from tests.deaths import die_at
from wsgi import app

__all__ = ["app"]

_dispatch, _keep, _note = Shop.dispatch_request, photos.keep_photo, HeadMaintainer.update_to_step


def _dispatch_and_die(self: Shop) -> ResponseReturnValue:
    point = f"{request.method}-{request.endpoint}"
    die_at(f"before-{point}")
    answer = _dispatch(self)
    die_at(f"after-{point}")  # committed, and the answer is lost
    return answer


def _note_and_die(self: HeadMaintainer, step: Any) -> None:
    """An upgrade's step has been taken; it is not noted yet."""
    die_at(f"migrated-{'-'.join(step.to_revisions_no_deps)}")
    _note(self, step)


def _keep_on_a_full_disk(*args: Any) -> bool:
    """Only while a photo is written: a log that cannot grow would be another drill."""
    room, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(os.environ["DISK_HOLDS"]), hard))
    try:
        return _keep(*args)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))


Shop.dispatch_request = _dispatch_and_die  # type: ignore[method-assign]
HeadMaintainer.update_to_step = _note_and_die  # type: ignore[method-assign]
if os.environ.get("DISK_HOLDS"):
    photos.keep_photo = _keep_on_a_full_disk
