"""The one order in which a parcel is locked."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import db
from marketplace.shipping.models import Parcel

_ORDERS = sa.table("orders", sa.column("id"))


def lock_parcel(parcel_id: int) -> Parcel:
    """The parcel as it stands now, held until the unit of work ends.

    Its order's row is held first: who cancels an order holds it before the parcel, and news from the carrier that took
    them the other way round would wait for the cancellation while the cancellation waits for it.
    """
    order_id = sa.select(Parcel.order_id).where(Parcel.id == parcel_id).scalar_subquery()
    db.session.execute(sa.select(_ORDERS.c.id).where(_ORDERS.c.id == order_id).with_for_update())
    return db.session.scalars(
        sa.select(Parcel).where(Parcel.id == parcel_id).with_for_update().execution_options(populate_existing=True)
    ).one()
