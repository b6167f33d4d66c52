"""A lost gift card: the old code dies, what was left moves to a new one, and its holder hears of it (MK-66)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.credits import voiding
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.jobs import sealing
from marketplace.jobs.alarms import AlarmKind, raise_alarm
from marketplace.payouts.facts import GiftCardReplaced
from marketplace.payouts.models import Goodwill, Payout


def replace_card(card: GiftCard, *, by: events.HasActor, at: datetime, reason: str) -> GiftCard:
    """Void ``card`` and issue one with its balance in its place; the payout it paid names the new one from now on.

    The new code goes by mail to the holder's loyalty e-mail and is shown to nobody else. Raises
    ``credits.voiding.OwnCard``, ``AlreadyVoided`` or ``NothingLeft``.
    """
    successor, code = voiding.replace(card, by=by, at=at, reason=reason)
    named = {
        "gift_card_number": successor.number,
        "gift_card_last_four": successor.last_four,
        "gift_card_print": sealing.fingerprint(code),
    }
    paid_by: tuple[type[Payout] | type[Goodwill], ...] = (Payout, Goodwill)
    for model in paid_by:
        db.session.execute(sa.update(model).where(model.gift_card_number == card.number).values(named))
    events.announce(GiftCardReplaced(successor.id, at, code))
    return successor


def letter_bounced(subject_type: str, subject_id: int, *, at: datetime) -> None:
    """A letter with a card's code was refused, and the code is gone with it: an agent has to reach the holder."""
    models: dict[str, type[Payout] | type[Goodwill] | type[GiftCard]] = {
        Payout.__tablename__: Payout,
        Goodwill.__tablename__: Goodwill,
        GiftCard.__tablename__: GiftCard,
    }
    if subject_type in models:
        raise_alarm(AlarmKind.MAIL_BOUNCED, db.session.get_one(models[subject_type], subject_id), at=at)
