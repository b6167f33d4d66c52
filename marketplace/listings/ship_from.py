"""Where a piece will be sent from: an address of the seller's, seen by the carrier alone (MK-46)."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace.database import db
from marketplace.people.models import Address, Person
from marketplace.programme import versions
from marketplace.shipping.addresses import check_ship_from
from marketplace.shipping.postal import PostalAddress


def last_address(person: Person) -> Address | None:
    """The address this person gave last, to be offered again."""
    return db.session.scalar(
        sa.select(Address).where(Address.person_id == person.id).order_by(Address.id.desc()).limit(1)
    )


def keep_address(person: Person, typed: PostalAddress) -> Address:
    """The person's row for this address, the one that stands already where it is the same.

    Rows are never changed: a listing that is being sold keeps the address it was made with. Raises ``AddressRefused``
    with what to correct, ``RegionNotServed`` outside the market (MK-46); the market is always the current one.
    """
    postal = check_ship_from(typed, versions.current().policy.market)
    known = last_address(person)
    if known is not None and known.postal == postal.mapping:
        return known
    address = Address(person_id=person.id, **postal.mapping)
    db.session.add(address)
    db.session.flush()
    return address
