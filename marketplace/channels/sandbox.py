"""The sandbox's marketplaces: all outlets of the policy, with books of their own, clicked through their page.

What they have to tell they tell through the shop's public webhook. A sale whose ``ref`` ends in ``-STAYS`` they do not
let go any more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from marketplace import clock
from marketplace.channels.documents import document
from marketplace.channels.port import CancellationRefused, NoLabel, SaleReport
from marketplace.database import Model, db, insert_new, public_id, unit_of_work
from marketplace.money import Money
from marketplace.programme import versions

STAYS = "-STAYS"
COMMISSION_BASIS_POINTS = 1500


class SandboxSale(Model):
    """A sale in the books of the sandbox's marketplaces."""

    __tablename__ = "sandbox_channel_sales"
    __table_args__ = (sa.UniqueConstraint("outlet", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    outlet: Mapped[str] = mapped_column(sa.String(40))
    ref: Mapped[str] = mapped_column(sa.String(60))
    listing: Mapped[str] = mapped_column(sa.String(20))
    price_minor: Mapped[int] = mapped_column(sa.BigInteger)
    commission_minor: Mapped[int] = mapped_column(sa.BigInteger)
    currency: Mapped[str] = mapped_column(sa.String(3))
    sold_at: Mapped[datetime]
    completed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(40), default="")

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


class SandboxWithdrawal(Model):
    """A piece that was taken off the sandbox's marketplaces."""

    __tablename__ = "sandbox_channel_withdrawals"

    listing: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    withdrawn_at: Mapped[datetime]


class SandboxChannel:
    """The port's sandbox implementation. Each call is a unit of work of its own, as a call abroad would be."""

    def cancel(self, outlet: str, ref: str, *, reason: str, key: str) -> None:
        with unit_of_work():
            sale = _sale(outlet, ref)
            if sale is None or ref.endswith(STAYS) or (sale.completed_at and not sale.cancelled_at):
                raise CancellationRefused("no such sale, or it stays")
            if sale.cancelled_at is None:
                sale.cancelled_at = sale.changed_at = clock.now()
                sale.reason = reason

    def find(self, outlet: str, ref: str) -> SaleReport | None:
        with unit_of_work(reading=True):
            sale = _sale(outlet, ref)
            return sale.report if sale else None

    def sales_since(self, since: datetime) -> list[SaleReport]:
        with unit_of_work(reading=True):
            changed = sa.select(SandboxSale).where(SandboxSale.changed_at >= since).order_by(SandboxSale.id)
            return [sale.report for sale in db.session.scalars(changed)]

    def withdraw(self, listing: str) -> None:
        with unit_of_work():
            db.session.execute(insert_new(SandboxWithdrawal).values(listing=listing, withdrawn_at=clock.now()))

    def label(self, outlet: str, ref: str) -> bytes:
        with unit_of_work(reading=True):
            sale = _sale(outlet, ref)
            if sale is None or sale.cancelled_at is not None:
                raise NoLabel("no such sale")
            return _label(sale)


def _sale(outlet: str, ref: str) -> SandboxSale | None:
    return db.session.scalar(sa.select(SandboxSale).where(SandboxSale.outlet == outlet, SandboxSale.ref == ref))


def _label(sale: SandboxSale) -> bytes:
    """Only here stands who bought it: the marketplace's customer, whom the shop never learns."""
    warehouse = versions.current().policy.market.warehouse
    drawing = import_module("marketplace.shipping.label_document")  # what draws a PDF is loaded with the first
    contents = drawing.LabelContents(
        service="Marketplace parcel",
        tracking_number=f"SANDBOX{sale.id:08d}",
        tracking_url="https://parcels.example/",
        order_number=sale.ref[:20],
        sender=drawing.LabelAddress(warehouse.name, (warehouse.line1, f"{warehouse.city} {warehouse.postcode}")),
        recipient=drawing.LabelAddress("Robin Marsh", ("7 Mill Lane", "Rivertown")),
        issued_at=sale.sold_at,
        notice="Made by the sandbox: no carrier takes this label.",
    )
    drawn: bytes = drawing.render_label(contents)
    return drawn


def sell(outlet: str, listing: str, price: Money, *, ref: str | None = None) -> SaleReport:
    """Somebody buys it there, whatever we have said of it: feeds are read now and then."""
    with unit_of_work():
        at = clock.now()
        commission = price.share(COMMISSION_BASIS_POINTS)
        sale = SandboxSale(
            outlet=outlet,
            ref=ref or public_id("S"),
            listing=listing,
            price_minor=price.minor,
            commission_minor=commission.minor,
            currency=price.currency,
            sold_at=at,
            changed_at=at,
        )
        db.session.add(sale)
        db.session.flush()
        return sale.report


def complete(outlet: str, ref: str) -> SaleReport:
    """Its buyer keeps it: the sale stands."""

    def stand(sale: SandboxSale, at: datetime) -> None:
        sale.completed_at = sale.completed_at or at

    return _changed(outlet, ref, stand)


def take_back(outlet: str, ref: str, reason: str = "buyer") -> SaleReport:
    """The sale is cancelled there, even after it stood."""

    def cancel(sale: SandboxSale, at: datetime) -> None:
        sale.cancelled_at, sale.reason = sale.cancelled_at or at, sale.reason or reason

    return _changed(outlet, ref, cancel)


def _changed(outlet: str, ref: str, change: Callable[[SandboxSale, datetime], None]) -> SaleReport:
    with unit_of_work():
        sale = _sale(outlet, ref)
        if sale is None:
            raise LookupError(f"{outlet} knows no sale {ref}")
        at = clock.now()
        change(sale, at)
        sale.changed_at = at
        return sale.report


def notice_of(report: SaleReport) -> bytes:
    """The webhook's body for a sale as it stands."""
    return json.dumps({"id": f"{report.outlet}:{report.ref}:{report.stage}", "sale": document(report)}).encode()
