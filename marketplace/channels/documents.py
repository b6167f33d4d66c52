"""What travels between us and the outside marketplaces, as documents: a notice, and the sale it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from marketplace import shapes
from marketplace.channels.port import SaleReport
from marketplace.money import Money
from marketplace.programme.policy.values import Key

Ref = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]*\Z", max_length=60)]
Minor = Annotated[int, Meta(ge=0, le=10**11)]
Currency = Annotated[str, Meta(pattern=r"\A[A-Z]{3}\Z")]
Moment = Annotated[datetime, Meta(tz=True)]


class NotANotice(Exception):
    """A body that says nothing we understand."""


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """A sale as it stands there. What else a marketplace tells of it, its buyer above all, is neither read nor kept."""

    outlet: Key
    ref: Ref
    listing: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]+\Z", max_length=20)]
    price_minor: Minor
    commission_minor: Minor
    currency: Currency
    sold_at: Moment
    completed_at: Moment | None = None
    cancelled_at: Moment | None = None
    reason: Annotated[str, Meta(pattern=r"\A[a-z_]*\Z", max_length=40)] = ""

    @property
    def report(self) -> SaleReport:
        return SaleReport(
            outlet=self.outlet,
            ref=self.ref,
            listing=self.listing,
            price=Money(self.price_minor, self.currency),
            commission=Money(self.commission_minor, self.currency),
            sold_at=self.sold_at,
            completed_at=self.completed_at,
            cancelled_at=self.cancelled_at,
            reason=self.reason,
        )


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What the webhook brings; ``id`` is the same however often it is sent."""

    id: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._:-]*\Z", max_length=100)]
    sale: Sale


def read_notice(body: bytes) -> Notice:
    """The notice in a body; raises ``NotANotice``."""
    try:
        notice = shapes.decode(body, Notice)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        raise NotANotice(str(trouble)[:200]) from None
    if notice.sale.commission_minor > notice.sale.price_minor:
        raise NotANotice("the commission is more than the price")
    return notice


def document(report: SaleReport) -> dict[str, Any]:
    """A report as the document that says it."""
    told = {
        "outlet": report.outlet,
        "ref": report.ref,
        "listing": report.listing,
        "price_minor": report.price.minor,
        "commission_minor": report.commission.minor,
        "currency": report.price.currency,
        "reason": report.reason,
    }
    moments = {"sold_at": report.sold_at, "completed_at": report.completed_at, "cancelled_at": report.cancelled_at}
    return {**told, **{name: moment.isoformat() for name, moment in moments.items() if moment is not None}}


def read_sale(told: dict[str, Any]) -> SaleReport:
    """The report that a document says."""
    return shapes.convert(told, Sale).report
