"""Alarms: what a person at the desk must look at, because no rule decides it."""

from __future__ import annotations

import enum
import logging
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import events
from marketplace.database import JSONDocument, Model, db, enum_column, insert_new
from marketplace.events import ActorKind, HasActor

log = logging.getLogger(__name__)


class AlarmKind(enum.StrEnum):
    """What happened. The label a person reads stands in ``desk.labels``."""

    JOB_PARKED = "job_parked"
    LABEL_LATE = "label_late"
    SCAN_AFTER_CANCELLATION = "scan_after_cancellation"
    PARCEL_LOST = "parcel_lost"
    LOST_PARCEL_FOUND = "lost_parcel_found"
    PARCEL_RETURNED = "parcel_returned"
    NOT_DELIVERED = "not_delivered"
    TROUBLE_AFTER_DELIVERY = "trouble_after_delivery"
    MAIL_BOUNCED = "mail_bounced"
    REVIEW_LATE = "review_late"
    PURCHASE_RETURNED = "purchase_returned"
    KEY_REUSED = "key_reused"
    PAYMENT_MISMATCH = "payment_mismatch"
    PAYMENT_TOO_LATE = "payment_too_late"
    PAYOUT_REFUSED = "payout_refused"
    REFUND_FAILED = "refund_failed"
    SUSPICIOUS_SALE = "suspicious_sale"
    CHARGEBACK = "chargeback"
    SELLER_IN_DOUBT = "seller_in_doubt"
    UNKNOWN_MONEY = "unknown_money"
    TAX_NOT_RECORDED = "tax_not_recorded"
    CONSIGNED_OVERDUE = "consigned_overdue"
    BUYBACK_OVERDUE = "buyback_overdue"
    FOREIGN_WEBHOOK = "foreign_webhook"
    CHANNEL_SALE_STANDS = "channel_sale_stands"


class Alarm(Model):
    """One thing for the desk, open until somebody clears it with a reason."""

    __tablename__ = "alarms"
    __table_args__ = (
        sa.Index(
            "uq_alarms_open",
            "kind",
            "subject_type",
            "subject_id",
            unique=True,
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AlarmKind] = mapped_column(enum_column(AlarmKind))
    subject_type: Mapped[str] = mapped_column(sa.String(40))
    subject_id: Mapped[int]
    raised_at: Mapped[datetime]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONDocument, default=dict)
    cleared_at: Mapped[datetime | None]
    cleared_by_id: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(sa.String(500))


def raise_alarm(kind: AlarmKind, subject: Any, *, at: datetime, **detail: Any) -> Alarm:
    """Open an alarm for ``subject``; one that stands open already is left as it is, whoever raised it first."""
    about = {"kind": kind, "subject_type": subject.__tablename__, "subject_id": subject.id}
    new = insert_new(Alarm).values(**about, raised_at=at, detail=detail).returning(Alarm)
    alarm: Alarm | None = db.session.scalar(new)
    if alarm is None:
        return db.session.scalars(sa.select(Alarm).filter_by(**about, cleared_at=None)).one()
    log.error("alarm", extra={"alarm": kind.value, "subject": f"{alarm.subject_type}:{alarm.subject_id}"})
    return alarm


def is_alarmed(kind: AlarmKind, subject: Any) -> bool:
    """Whether an alarm of a kind stands open about ``subject``."""
    about = {"kind": kind, "subject_type": subject.__tablename__, "subject_id": subject.id}
    return db.session.scalar(sa.select(Alarm.id).filter_by(**about, cleared_at=None)) is not None


def clear_alarms(kind: AlarmKind, subject: Any, *, by: HasActor, at: datetime, reason: str) -> None:
    """Close what stands open of a kind about ``subject``: it is settled by itself."""
    about = {"kind": kind, "subject_type": subject.__tablename__, "subject_id": subject.id}
    for alarm in db.session.scalars(sa.select(Alarm).filter_by(**about, cleared_at=None)):
        clear_alarm(alarm, by=by, at=at, reason=reason)


def clear_alarm(alarm: Alarm, *, by: HasActor, at: datetime, reason: str) -> None:
    """Close an alarm with the reason a person gives."""
    alarm.cleared_at, alarm.cleared_by_id, alarm.reason = at, by.actor.id, reason
    db.session.flush()
    if by.actor.kind is ActorKind.PERSON:
        events.record(alarm, "clear", by=by, at=at)
