"""The house's own pieces beside the members' (MK-17): no seller, no payout, sent from its warehouse."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.catalogue.models import Style
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import HasActor
from marketplace.listings.completeness import check_complete
from marketplace.listings.facts import ListingWentLive
from marketplace.listings.models import Item, Listing
from marketplace.listings.starting import begin
from marketplace.programme import versions


class SupplyIsOff(Refusal):
    message = _l("This programme offers no pieces of its own.")


def start_supply(style: Style, *, by: HasActor, at: datetime) -> Listing:
    """A draft for one more piece of the house's own stock. Raises ``SupplyIsOff``."""
    if not versions.current().policy.modes.supply.is_on:
        raise SupplyIsOff()
    item = Item(style=style, purchase_id=None, owner_id=None, unit=1)
    db.session.add(item)
    db.session.flush()
    return begin(item, style, by=by, at=at)


class OwnersToDecide(Refusal):
    message = _l("This piece is not ours: its owner decides about price and sale. See it under intake.")


def check_is_ours(listing: Listing) -> None:
    """Raise ``OwnersToDecide`` where the listing is the brand's and the piece somebody else's (NAP-29)."""
    if listing.seller_id is None and listing.item.owner_id is not None:
        raise OwnersToDecide()


def publish(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """Put the house's own piece into the shop, as complete as a member's has to be.

    Raises ``OwnersToDecide``, ``CannotPublish`` or ``Incomplete``.
    """
    check_is_ours(listing)
    publish_for_owner(listing, by=by, at=at)


def publish_for_owner(listing: Listing, *, by: HasActor, at: datetime) -> None:
    """The same for a piece whose owner has agreed. Raises ``CannotPublish`` or ``Incomplete``."""
    db.session.refresh(listing, with_for_update=True)
    listing.machine.next_state(listing.state, "publish")
    check_complete(listing)
    sets = {"approved_price_minor": listing.price_minor, "live_at": at}
    events.transition(listing, "publish", by=by, at=at, sets=sets, price_minor=listing.price_minor)
    events.announce(ListingWentLive(listing.id, at))
