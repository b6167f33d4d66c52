"""Cards that other shops of the brand ask for: their money comes to us, our liability goes to the holder."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.credits import cards
from marketplace.credits.models import ApiToken, GiftCard
from marketplace.credits.spending import WrongCurrency
from marketplace.database import db
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.ledger import Account, Line, Posting, post
from marketplace.money import Money
from marketplace.programme import current


class ReferenceTaken(Refusal):
    message = _l("A gift card has been issued for this reference already.")


def issue_for(token: ApiToken, *, amount: Money, reference: str, at: datetime) -> tuple[GiftCard, str]:
    """A card for another shop, and its code: Dr channel receivable, Cr gift-card liability, once a reference.

    Raises ``WrongCurrency`` for money this programme does not trade in, and ``ReferenceTaken``.
    """
    if amount.currency != current().policy.market.currency:
        raise WrongCurrency()
    if card_for(token, reference) is not None:
        raise ReferenceTaken()
    card, code = cards.make_card(amount=amount, reference=reference, at=at, token_id=token.id)
    cause = events.record(card, "issue", by=SYSTEM, at=at, token=token.id)
    lines = (
        Line(Account.CHANNEL_RECEIVABLE, amount),
        Line(Account.GIFT_CARD_LIABILITY, -amount, gift_card_id=card.id),
    )
    post(Posting("issue", card, cause, at, card.number, lines))
    return card, code


def card_for(token: ApiToken, reference: str) -> GiftCard | None:
    """The card this shop asked for under this reference."""
    return db.session.scalar(sa.select(GiftCard).where(GiftCard.token_id == token.id, GiftCard.reference == reference))
