"""Is everything as it must be? Asked by ``flask doctor``, by ``/readyz`` and by ``/metrics``."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from werkzeug.utils import import_string

from marketplace import clock, limits, revisions
from marketplace.credits.issuer import issuer
from marketplace.database import db
from marketplace.jobs.alarms import Alarm
from marketplace.jobs.deadlines import Deadline, DeadlineState
from marketplace.jobs.inbox import InboxRow, InboxState
from marketplace.jobs.outbox import OPEN, OutboxRow, OutboxState
from marketplace.ledger import proofs, triggers
from marketplace.ledger.accounts import Account
from marketplace.ledger.models import LedgerEntry
from marketplace.listings import photos
from marketplace.mail.outgoing import MAIL, post_room
from marketplace.orders import tax
from marketplace.payments.gateway import gateway
from marketplace.programme import versions
from marketplace.settings import moves_real_money
from marketplace.shipping.carrier import current_carrier


@dataclass(frozen=True)
class Check:
    """One question and its answer; ``trouble`` is empty when all is well."""

    name: str
    answer: str
    trouble: str = ""


def examine() -> list[Check]:
    """Every check, in the order a person would ask; the rest of them only of a database that this code can read."""
    checks = _foundations()
    if any(check.trouble for check in checks if check.name in {"database", "migrations"}):
        return checks
    return [
        *checks,
        _clock(),
        _programme(),
        _ledger(),
        _jobs(),
        _webhooks(),
        _adapters(),
    ]


def reach_outside() -> list[Check]:
    """Whether what this deployment leans on answers now. Call it outside any transaction."""
    return [_photos(), _mail(), *_providers(), _gift_cards(), _limits(), _queue()]


def readiness() -> list[str]:
    """Why this process should not get traffic; empty when it should."""
    found = [check for check in _foundations() if check.trouble] or [_programme()]
    return [f"{check.name}: {check.trouble}" for check in found if check.trouble]


def _foundations() -> list[Check]:
    """Whether the database answers, and is what this code expects."""
    try:
        return [_database(), _migrations(), _triggers()]
    except sa.exc.DBAPIError as trouble:
        return [Check("database", db.engine.dialect.name, f"it does not answer: {type(trouble.orig).__name__}")]


def _database() -> Check:
    dialect = db.engine.dialect.name
    db.session.execute(sa.text("SELECT 1"))
    if dialect == "sqlite":
        mode = db.session.execute(sa.text("PRAGMA journal_mode")).scalar_one()
        return Check("database", f"sqlite, journal {mode}", "" if mode == "wal" else "the journal is not WAL")
    version = db.session.execute(sa.text("SHOW server_version")).scalar_one()
    return Check("database", f"postgresql {version}")


def _migrations() -> Check:
    """A database that is ahead is fine: while an upgrade is rolled out, the code before it goes on serving (W14)."""
    known, standing = revisions.brought(), revisions.standing()
    if standing and standing not in known:
        return Check("migrations", f"{standing}, newer than this code")
    return Check(
        "migrations", standing or "none", "" if standing == known[-1] else f"expected {known[-1]}: flask db upgrade"
    )


def _triggers() -> Check:
    connection = db.session.connection()
    missing = triggers.missing(connection)
    return Check("triggers", f"{len(triggers.names(connection)) - len(missing)} standing", ", ".join(missing))


def _clock() -> Check:
    ahead = clock.now() - clock.wall()
    hours = ahead.total_seconds() / 3600
    wrong = abs(hours) > 1 / 12 and not current_app.config["SANDBOX"]
    return Check("clock", f"business time is {hours:+.1f} h from wall time", "the clock is off" if wrong else "")


def _programme() -> Check:
    try:
        published = versions.current()
    except versions.NothingPublishedError:
        return Check("programme", "none", "nothing is published: flask programme publish FILE")
    return Check("programme", f"{published.policy.name}, version {published.number}")


def _ledger() -> Check:
    found = proofs.faults()
    count = db.session.scalar(sa.select(sa.func.count(sa.distinct(LedgerEntry.transaction_id)))) or 0
    return Check("ledger", f"{count} transactions", "; ".join(found[:5]))


def _jobs() -> Check:
    figures_now = figures()
    parked = figures_now["outbox_parked"] + figures_now["inbox_parked"] + figures_now["deadlines_parked"]
    overdue = figures_now["deadlines_overdue"]
    trouble = []
    if parked:
        trouble.append(f"{parked} parked")
    if overdue:
        trouble.append(f"{overdue} deadlines overdue")
    return Check("jobs", f"{figures_now['outbox_open']} in the outbox", ", ".join(trouble))


def _webhooks() -> Check:
    """When each provider was heard last; silence is no trouble where nothing is sold."""
    heard = db.session.execute(
        sa.select(InboxRow.source, sa.func.max(InboxRow.received_at))
        .group_by(InboxRow.source)
        .order_by(InboxRow.source)
    ).all()
    return Check("webhooks", ", ".join(f"{source} {at:%Y-%m-%d %H:%M} UTC" for source, at in heard) or "none heard yet")


def _adapters() -> Check:
    settings = current_app.config["SETTINGS"]
    names = (settings.jobs, settings.payments, settings.tax, settings.shipping, settings.gift_cards, settings.payouts)
    mail = "smtp" if settings.mail_server else "sandbox"
    answer = "jobs {}, payments {}, tax {}, shipping {}, gift cards {}, payouts {}, channels {}, mail {}".format(
        *names, settings.channels, mail
    )
    plays = settings.is_production and settings.payments == "stripe" and not moves_real_money(settings.stripe_api_key)
    return Check("adapters", answer, "STRIPE_API_KEY is a test key: nobody's money moves" if plays else "")


def _photos() -> Check:
    where = current_app.config["SETTINGS"].photo_store_url.partition("://")[0]
    return Check("photos", where, photos.photo_store().trouble())


def _mail() -> Check:
    server = current_app.config["SETTINGS"].mail_server
    return Check("mail", server.described if server else "sandbox", post_room().trouble())


def _providers() -> list[Check]:
    """One brief question each; tax of the account that takes the payments is not asked about twice."""
    settings = current_app.config["SETTINGS"]
    asked = [Check("payments", settings.payments, gateway().trouble())]
    if settings.tax != settings.payments:
        asked.append(Check("tax", settings.tax, tax.adapter().trouble()))
    return [*asked, Check("labels", settings.shipping, current_carrier().trouble())]


def _gift_cards() -> Check:
    settings = current_app.config["SETTINGS"]
    return Check("gift cards", settings.gift_card_issuer_url or settings.gift_cards, issuer().trouble())


def _limits() -> Check:
    redis_url = current_app.config["SETTINGS"].redis_url
    if redis_url:
        return Check("limits", "Redis", limits.trouble(redis_url))
    return Check("limits", "each web process for itself: with several, set REDIS_URL")


def _queue() -> Check:
    settings = current_app.config["SETTINGS"]
    if settings.jobs != "celery":
        return Check("queue", f"none: jobs are {settings.jobs}")
    # Loaded where there are workers: Celery weighs more than the rest of a web process.
    return Check("queue", *import_string("marketplace.jobs.broker:state_of_queue")(settings.redis_url))


def _count(*conditions: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count()).where(*conditions)) or 0


def _seconds_due(*conditions: sa.ColumnElement[bool]) -> int:
    """How long the oldest of these open rows has been due."""
    oldest = db.session.scalar(sa.select(sa.func.min(OutboxRow.due_at)).where(OutboxRow.state.in_(OPEN), *conditions))
    return max(0, int((clock.shared() - oldest).total_seconds())) if oldest else 0


def figures() -> dict[str, int]:
    """Figures with a meaning; what each says and what to do about it stands in docs/operations.md."""
    now = clock.now()
    return {
        "outbox_open": _count(OutboxRow.state.in_(OPEN)),
        "outbox_unknown": _count(OutboxRow.state == OutboxState.UNKNOWN),
        "outbox_parked": _count(OutboxRow.state == OutboxState.PARKED),
        "outbox_oldest_seconds": _seconds_due(),
        "mail_oldest_seconds": _seconds_due(OutboxRow.kind == MAIL),
        "inbox_pending": _count(InboxRow.state == InboxState.PENDING),
        "inbox_parked": _count(InboxRow.state == InboxState.PARKED),
        "deadlines_overdue": _count(Deadline.state == DeadlineState.WAITING, Deadline.due_at <= now),
        "deadlines_parked": _count(Deadline.state == DeadlineState.PARKED),
        "alarms_open": _count(Alarm.cleared_at.is_(None)),
    }


def escrow_held() -> dict[str, int]:
    """What open orders hold, in minor units of each currency that ever was in escrow."""
    held = db.session.execute(
        sa.select(LedgerEntry.currency, -sa.func.sum(LedgerEntry.amount_minor))
        .where(LedgerEntry.account == Account.ESCROW)
        .group_by(LedgerEntry.currency)
        .order_by(LedgerEntry.currency)
    )
    return {currency: int(minor) for currency, minor in held}
