"""Asking the marketplaces for sales whose webhook never came."""

from __future__ import annotations

from datetime import timedelta

from marketplace import clock
from marketplace.channels import connecting, webhooks
from marketplace.channels.port import SaleReport, channel
from marketplace.database import unit_of_work
from marketplace.jobs.outbox import NotDone, OutcomeUnknown

BACK = timedelta(days=7)  # a connection that was down for a week is a person's affair


def ask() -> list[str] | None:
    """Read what became of every sale of the last days, as if its webhook had come; which of them were news.

    None where nobody answered. Call it outside any transaction.
    """
    with unit_of_work(reading=True):
        if not connecting.is_open():
            return []
        since = clock.now() - BACK
    try:
        reports = channel().sales_since(since)
    except (NotDone, OutcomeUnknown):
        return None
    with unit_of_work():
        at = clock.now()
        return [_name(one) for one in reports if webhooks.store(_name(one), one, at=at)]


def _name(report: SaleReport) -> str:
    """What we call the news where the marketplace did not number it: the sale, and how far it had come."""
    return f"asked:{report.outlet}:{report.ref}:{report.stage}"
