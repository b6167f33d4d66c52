"""What was parked after failing again and again gets another round, once somebody has mended the cause."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock
from marketplace.database import db, on_commit
from marketplace.errors import Refusal
from marketplace.jobs import waking
from marketplace.jobs.alarms import Alarm
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.jobs.inbox import InboxRow, InboxState
from marketplace.jobs.outbox import OutboxRow, OutboxState


class NotParked(Refusal):
    message = _l("This is not parked: it is on its way again, or done.")


def retry(alarm: Alarm) -> None:
    """Give the parked row that ``alarm`` is about another round of attempts; raises ``NotParked``.

    An outbox row's outcome is looked up before anything is done.
    """
    rounds: dict[str, tuple[Any, Any, dict[str, Any]]] = {
        OutboxRow.__tablename__: (OutboxRow, OutboxState.PARKED, _again(OutboxState.UNKNOWN)),
        InboxRow.__tablename__: (InboxRow, InboxState.PARKED, _again(InboxState.PENDING)),
        Deadline.__tablename__: (Deadline, DeadlineState.PARKED, {"state": DeadlineState.WAITING, "failures": 0}),
    }
    if alarm.subject_type not in rounds:
        raise NotParked()
    model, parked, fresh = rounds[alarm.subject_type]
    claim = (
        sa.update(model).where(model.id == alarm.subject_id, model.state == parked).values(**fresh).returning(model.id)
    )
    if db.session.scalar(claim) is None:
        raise NotParked()
    on_commit(waking.wake)


def _again(state: OutboxState | InboxState) -> dict[str, Any]:
    return {"state": state, "attempts": 0, "due_at": clock.shared()}
