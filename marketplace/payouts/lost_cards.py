"""A lost gift card: the old code dies, what was left moves to a new one, and its holder hears of it (MK-66)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.credits import voiding
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.payouts.facts import GiftCardReplaced
from marketplace.payouts.models import Payout


def replace_card(card: GiftCard, *, by: events.HasActor, at: datetime, reason: str) -> GiftCard:
    """Void ``card`` and issue one with its balance in its place; the payout it paid names the new one from now on.

    The new code goes by mail to the holder's loyalty e-mail and is shown to nobody else. Raises
    ``credits.voiding.OwnCard``, ``AlreadyVoided`` or ``NothingLeft``.
    """
    successor, code = voiding.replace(card, by=by, at=at, reason=reason)
    db.session.execute(
        sa.update(Payout)
        .where(Payout.gift_card_number == card.number)
        .values(gift_card_number=successor.number, gift_card_last_four=successor.last_four)
    )
    events.announce(GiftCardReplaced(successor.id, at, code))
    return successor
