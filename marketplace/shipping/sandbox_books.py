"""The books of the sandbox's carrier. They stand for another company's: nothing but the sandbox reads them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.database import JSONDocument, Model
from marketplace.money import Money


class SandboxParcel(Model):
    """A label somebody asked the sandbox's carrier for; sold once it has a tracking number."""

    __tablename__ = "sandbox_parcels"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(120), unique=True)
    times_asked: Mapped[int] = mapped_column(default=0)
    request: Mapped[dict[str, Any]] = mapped_column(JSONDocument)
    tracking_number: Mapped[str | None] = mapped_column(sa.String(34), unique=True)
    provider_ref: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    tracking_url: Mapped[str | None] = mapped_column(sa.String(500))
    label_pdf: Mapped[bytes | None] = mapped_column(deferred=True)
    cost_minor: Mapped[int | None] = mapped_column(sa.BigInteger)
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    voided_at: Mapped[datetime | None]
    mislaid_at: Mapped[datetime | None]

    scans: Mapped[list[SandboxScan]] = relationship(back_populates="parcel", order_by="SandboxScan.id")

    @property
    def cost(self) -> Money:
        return Money(self.cost_minor or 0, self.currency or "")


class SandboxScan(Model):
    """One thing that happened to a parcel, as the sandbox's carrier knows it. ``status`` is a word of Shippo's."""

    __tablename__ = "sandbox_scans"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(sa.String(40), unique=True)
    parcel_id: Mapped[int] = mapped_column(sa.ForeignKey("sandbox_parcels.id"), index=True)
    status: Mapped[str] = mapped_column(sa.String(20))
    substatus: Mapped[str] = mapped_column(sa.String(40))
    words: Mapped[str] = mapped_column(sa.String(200))
    city: Mapped[str] = mapped_column(sa.String(60))
    region: Mapped[str] = mapped_column(sa.String(10))
    scanned_at: Mapped[datetime]
    written_at: Mapped[datetime]

    parcel: Mapped[SandboxParcel] = relationship(back_populates="scans")
