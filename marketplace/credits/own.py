"""The shop as its own issuer: a card is a row here, its worth a sum in our ledger."""

from __future__ import annotations

from marketplace import clock
from marketplace.credits import cards, codes
from marketplace.credits.issuer import CardWanted, IssuedCard, IssueRefused
from marketplace.credits.models import GiftCard
from marketplace.database import unit_of_work
from marketplace.errors import ProgrammingError
from marketplace.jobs.outbox import OutcomeUnknown


class OwnIssuer:
    """Issues in a transaction of its own, as another house would.

    No code is kept, so the code of a card whose answer was lost is gone for good. Such a card is in nobody's hands
    and worth nothing yet: it gets a fresh code, and whichever code ``hand_over`` is told last is the one that counts.
    """

    def issue(self, wanted: CardWanted) -> IssuedCard:
        with unit_of_work():
            card = _of(wanted.reference)
            if card is not None:
                return _issued(card, _renewed(card))
            card, code = cards.make_card(amount=wanted.amount, reference=wanted.reference, at=clock.now())
            return _issued(card, code)

    def look_up(self, wanted: CardWanted) -> IssuedCard | None:
        with unit_of_work():
            card = _of(wanted.reference)
            return None if card is None else _issued(card, _renewed(card))

    def trouble(self) -> str:
        return ""


def hand_over(card_id: int, *, code: str, holder_id: int) -> None:
    """Make the card its holder's, in the transaction that posts its issue.

    Raises ``OutcomeUnknown`` where the code has been renewed since: another worker asked again, and this code would
    open nothing.
    """
    card = cards.locked(GiftCard.id == card_id)
    if card is None:
        raise ProgrammingError(f"no gift card {card_id}")
    if card.code_hash != codes.hash_of(code):
        raise OutcomeUnknown("the code has been renewed since")
    card.holder_id = holder_id


def _of(reference: str) -> GiftCard | None:
    return cards.locked(GiftCard.reference == reference, GiftCard.token_id.is_(None))


def _renewed(card: GiftCard) -> str:
    if card.voided_at is not None or cards.is_posted(card):
        raise IssueRefused(f"gift card {card.number} has been handed over already")
    return cards.renew_code(card)


def _issued(card: GiftCard, code: str) -> IssuedCard:
    return IssuedCard(card.number, card.last_four, card.initial, code, card.id)
