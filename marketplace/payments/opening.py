"""The provider's page for an attempt that is written down: opened once, however often it is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.jobs.outbox import OutcomeUnknown
from marketplace.payments.gateway import PaymentPage, gateway


def page_of(request: dict[str, Any], key: str, expires_at: datetime, *, was_tried: bool) -> PaymentPage:
    """The page. One whose answer was lost is looked for before it is asked for again (fault B14).

    Called outside any transaction; raises as ``Gateway.open_page`` does.
    """
    if was_tried and (found := _lost_page(key, expires_at)):
        return found
    try:
        return gateway().open_page(request, key)
    except OutcomeUnknown:
        if found := _lost_page(key, expires_at):
            return found
        raise


def _lost_page(key: str, expires_at: datetime) -> PaymentPage | None:
    report = gateway().find(key, expires_at=expires_at)
    if report is None or report.status != "open" or report.page_url is None:
        return None
    return PaymentPage(report.session_ref, report.page_url)
