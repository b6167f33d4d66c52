"""Parcels from the wish for a label to its end: one label a parcel, and another parcel where one is reissued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.events import HasActor
from marketplace.jobs import outbox
from marketplace.programme import versions
from marketplace.shipping.carrier import LabelRequest, ParcelSize
from marketplace.shipping.locking import lock_parcel
from marketplace.shipping.models import AddressIsFixed, CannotCancelParcel, CannotMoveParcel, Parcel, ParcelState
from marketplace.shipping.postal import PostalAddress

__all__ = ["AddressIsFixed", "CannotCancelParcel", "CannotMoveParcel"]

LABEL = "label"
VOID_LABEL = "void_label"

BAG_IN_A_BOX = ParcelSize(length_mm=400, width_mm=300, height_mm=200, weight_g=1800)


def request_label(
    *,
    order_id: int,
    order_number: str,
    ship_from: Mapping[str, Any],
    ship_to: Mapping[str, Any],
    at: datetime,
    is_return: bool = False,
) -> Parcel:
    """Make the order's parcel, or the one that brings its piece back, and queue its prepaid label (MK-34, MK-37).

    Asking again with the same addresses returns the same parcel. Other addresses are refused with ``AddressIsFixed``:
    a label carries the address it was asked for (fault L10).
    """
    sender, recipient = PostalAddress.of(ship_from), PostalAddress.of(ship_to)
    key = f"{'return' if is_return else 'parcel'}-{order_number}"
    known = db.session.scalar(sa.select(Parcel).where(Parcel.key == key))
    if known is not None:
        if (known.ship_from, known.ship_to) != (sender.mapping, recipient.mapping):
            raise AddressIsFixed()
        return known
    parcel = Parcel(
        key=key,
        order_id=order_id,
        order_number=order_number,
        is_return=is_return,
        state=ParcelState.LABEL_WANTED,
        ship_from=sender.mapping,
        ship_to=recipient.mapping,
        wanted_at=at,
    )
    db.session.add(parcel)
    db.session.flush()
    _ask_for_label(parcel, at=at)
    return parcel


def request_inbound_label(
    *, number: str, ship_from: Mapping[str, Any], ship_to: Mapping[str, Any], at: datetime
) -> Parcel:
    """Make the one parcel that brings somebody's pieces to us, and queue its prepaid label (NAP-21, NAP-26).

    ``number`` is that of the request the pieces belong to; nothing here knows what kind of request it is.
    """
    parcel = Parcel(
        key=_inbound_key(number),
        order_number=number,
        is_return=False,
        state=ParcelState.LABEL_WANTED,
        ship_from=PostalAddress.of(ship_from).mapping,
        ship_to=PostalAddress.of(ship_to).mapping,
        wanted_at=at,
    )
    db.session.add(parcel)
    db.session.flush()
    _ask_for_label(parcel, at=at)
    return parcel


def _inbound_key(number: str) -> str:
    return f"inbound-{number}"


def inbound_parcel(number: str) -> Parcel | None:
    """The parcel that brings the pieces of the request of this number to us."""
    return db.session.scalar(sa.select(Parcel).where(Parcel.key == _inbound_key(number)))


def inbound_by_tracking(tracking_number: str) -> str | None:
    """The number of the request whose parcel has this tracking number."""
    inbound = sa.select(Parcel.order_number).where(Parcel.order_id.is_(None))
    return db.session.scalar(inbound.where(Parcel.tracking_number == tracking_number))


def cancel_inbound(number: str, *, by: HasActor, at: datetime) -> None:
    """Give up a parcel that will not come, where it was not given up yet; raises ``CannotCancelParcel``."""
    parcel = inbound_parcel(number)
    if parcel is not None and parcel.state is not ParcelState.CANCELLED:
        cancel_parcel(parcel, by=by, at=at)


def correct_address(
    parcel: Parcel,
    *,
    by: HasActor,
    at: datetime,
    ship_from: PostalAddress | None = None,
    ship_to: PostalAddress | None = None,
) -> None:
    """After the carrier refused a label: other addresses and another try. Raises ``AddressIsFixed`` at other times."""
    parcel = lock_parcel(parcel.id)
    sets = {
        "ship_from": ship_from.mapping if ship_from else parcel.ship_from,
        "ship_to": ship_to.mapping if ship_to else parcel.ship_to,
    }
    events.transition(parcel, "correct_address", by=by, at=at, sets=sets)
    _ask_for_label(parcel, at=at)


def reissue_label(parcel: Parcel, *, by: HasActor, at: datetime) -> Parcel:
    """Give a label back that nobody can use, and ask for another under a parcel of its own.

    Raises ``CannotCancelParcel`` once the old one was scanned.
    """
    cancel_parcel(parcel, by=by, at=at)
    again = Parcel(
        key=f"parcel-{parcel.order_number}-{len(parcels_of(parcel.order_id)) + 1}",
        order_id=parcel.order_id,
        order_number=parcel.order_number,
        is_return=False,
        state=ParcelState.LABEL_WANTED,
        ship_from=parcel.ship_from,
        ship_to=parcel.ship_to,
        wanted_at=at,
    )
    db.session.add(again)
    db.session.flush()
    events.record(again, "reissue", by=by, at=at, instead_of=parcel.id)
    _ask_for_label(again, at=at)
    return again


def refusal_of(parcel: Parcel) -> str:
    """What the carrier said when it last refused the label; empty where it has not."""
    refused = [row for row in outbox.rows_of(parcel, LABEL) if row.state is outbox.OutboxState.REFUSED]
    return (refused[-1].trouble or "") if refused else ""


def _ask_for_label(parcel: Parcel, *, at: datetime) -> None:
    policy = versions.current().policy
    request = LabelRequest(
        reference=parcel.reference,
        carrier=policy.shipping.carrier,
        service=policy.shipping.service,
        ship_from=PostalAddress.of(parcel.ship_from),
        ship_to=PostalAddress.of(parcel.ship_to),
        size=BAG_IN_A_BOX,
        currency=policy.market.currency,
        wanted_at=at,
    )
    attempt = len(outbox.rows_of(parcel, LABEL)) + 1
    outbox.enqueue(LABEL, key=f"{parcel.key}-{attempt}", subject=parcel, request=msgspec.to_builtins(request), at=at)


def cancel_parcel(parcel: Parcel, *, by: HasActor, at: datetime) -> None:
    """Give the parcel up and its label back. Raises ``CannotCancelParcel`` once it was scanned (GAP-09, fault L09)."""
    parcel = lock_parcel(parcel.id)
    events.transition(parcel, "cancel", by=by, at=at)
    void_label(parcel, at=at)


def cancel_parcels_of(order_id: int, *, by: HasActor, at: datetime) -> None:
    """Give up every parcel of an order that stands; raises ``CannotCancelParcel`` where one was scanned."""
    for parcel in parcels_of(order_id):
        if parcel.state is not ParcelState.CANCELLED:
            cancel_parcel(parcel, by=by, at=at)


def void_label(parcel: Parcel, *, at: datetime) -> None:
    """Queue the return of the label, where one was bought."""
    if parcel.provider_ref is not None:
        request = {"provider_ref": parcel.provider_ref}
        outbox.enqueue(VOID_LABEL, key=f"void-{parcel.key}", subject=parcel, request=request, at=at)


def mark_lost(parcel: Parcel, *, by: HasActor, at: datetime) -> None:
    """Nothing moved for too long (GAP-09). Raises ``CannotMoveParcel`` where the parcel is not on its way."""
    events.transition(lock_parcel(parcel.id), "lose", by=by, at=at)


def parcels_of(order_id: int) -> list[Parcel]:
    """The parcels a sold piece was carried in, oldest first; not the one that brings it back."""
    sent = sa.select(Parcel).where(Parcel.order_id == order_id, Parcel.is_return.is_(False))
    return list(db.session.scalars(sent.order_by(Parcel.id)))


def parcel_of(order_id: int) -> Parcel | None:
    """The parcel an order is carried in, where it has come to that."""
    return next(reversed(parcels_of(order_id)), None)


def return_parcel_of(order_id: int) -> Parcel | None:
    """The parcel that brings an order's piece back, where it has come to that."""
    return db.session.scalar(sa.select(Parcel).where(Parcel.order_id == order_id, Parcel.is_return))
