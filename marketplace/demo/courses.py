"""Which sales there are, and how many of each: the table that the demo world's orders come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

from marketplace.demo import buying, interests, sales, selling, troubles
from marketplace.demo.buying import AMEX, MASTERCARD, VISA
from marketplace.demo.cast import BUYERS, GUESTS, SELLERS, STARS, UNREACHABLE, Character
from marketplace.demo.listings import approved, spread
from marketplace.demo.pieces import Piece
from marketplace.demo.sales import LISTED_BEFORE, Sale
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story


@dataclass(frozen=True)
class Course:
    """So many sales with the same story, paid one after the other from ``first`` to ``last`` days ago."""

    story: Callable[[Stage, Sale], Story]
    count: int
    first: int
    last: int
    pieces: int = 1
    dealt: str = "past"
    seller: Character | None = None
    buyer: Character | None = None
    card: str | None = None


COURSES = (
    Course(sales.confirmed, 6, 66, 9),
    Course(sales.confirmed, 1, 37, 37, pieces=2),
    Course(sales.confirmed, 1, 50, 50, pieces=3),
    Course(sales.confirmed, 2, 60, 15, seller=STARS[0]),
    Course(sales.confirmed, 2, 44, 18, seller=SELLERS[7], buyer=STARS[0], card=AMEX),
    Course(sales.confirmed, 2, 40, 20, dealt="of_the_house"),
    Course(sales.sold_on, 2, 52, 34, seller=SELLERS[11], buyer=STARS[1], card=MASTERCARD),
    Course(sales.auto_confirmed, 4, 63, 12),
    Course(sales.auto_confirmed, 1, 30, 30, dealt="of_the_house"),
    Course(sales.settled_after_dispute, 1, 28, 28),
    Course(sales.settled_for_less, 1, 33, 33),
    # Seller and buyer have paid with the same card before: the desk is told.
    Course(sales.confirmed, 1, 13, 13, seller=STARS[0], buyer=BUYERS[0], card=AMEX),
    Course(sales.paid, 2, 1, 1),
    Course(sales.paid, 1, 1, 1, seller=STARS[0]),
    Course(sales.paid, 1, 1, 1, dealt="of_the_house"),
    Course(sales.shipped, 1, 3, 3),
    Course(sales.shipped, 1, 3, 3, seller=SELLERS[9], buyer=STARS[0], card=AMEX),
    Course(sales.late, 1, 9, 9),
    Course(sales.undelivered, 1, 6, 6),
    Course(sales.bought_back, 1, 4, 4),
    Course(sales.delivered, 1, 6, 6),
    Course(sales.delivered, 1, 5, 5, pieces=2),
    Course(sales.delivered, 1, 5, 5, seller=STARS[0]),
    Course(sales.delivered, 1, 6, 6, seller=SELLERS[4], buyer=STARS[0], card=AMEX),
    Course(sales.unlabelled, 2, 1, 1),
    Course(sales.paid, 1, 1, 1, seller=UNREACHABLE),  # the mail with her label bounces, so the order stays paid
    Course(sales.disputed, 9, 12, 7),
    Course(sales.taken_back_by_carrier, 1, 6, 6),
    Course(sales.refunded_after_dispute, 1, 35, 35),
    Course(sales.never_shipped, 1, 40, 40),
    Course(sales.cancelled_by_buyer, 1, 27, 27),
    Course(sales.cancelled_by_seller, 1, 22, 22),
    Course(sales.cancelled_by_desk, 1, 8, 8),
    Course(sales.lost, 3, 46, 26),
    Course(sales.returned, 3, 42, 14),
    Course(sales.given_up, 4, 24, 4, dealt="shown"),
    Course(troubles.sent_back, 3, 12, 9),
    Course(troubles.proposed, 1, 8, 8, dealt="dear"),
    Course(troubles.appealed, 1, 38, 38),
    Course(troubles.appealed, 1, 10, 10),
    Course(troubles.dismissed, 1, 9, 9),
    Course(troubles.looked_at_twice, 2, 9, 8),
    Course(troubles.thought_better_of, 1, 25, 25),
    Course(troubles.counterfeit, 1, 18, 18, seller=SELLERS[22]),
    Course(troubles.made_good, 2, 31, 16),
    Course(troubles.kept_back, 1, 9, 9),
    Course(troubles.refunded_late, 2, 47, 41),
    Course(troubles.decided_by_a_bank, 4, 50, 10),
    Course(troubles.before_a_bank, 4, 9, 8),
)


def tell_all(stage: Stage) -> None:
    """Let every sale begin; one seller is past her ship-by moment, whichever days were business days."""
    overdue = stage.timeline.business_days_ago(3)
    buyers = cycle([character for pair in zip(BUYERS, GUESTS * 2, strict=False) for character in pair])
    cards = cycle((VISA, MASTERCARD, VISA))
    for course in (*COURSES, Course(sales.paid, 1, overdue, overdue)):
        for number in range(course.count):
            days_ago = spread(course.first, course.last, number, course.count)
            listed = days_ago + LISTED_BEFORE
            pieces = [stage.deal(course.dealt, listed, course.seller) for _ in range(course.pieces)]
            sale = Sale(course.buyer or next(buyers), pieces, course.card or next(cards), days_ago, number)
            stage.timeline.tell(course.story(stage, sale))


# Now -----------------------------------------------------------------------------------------------------------------


@dataclass
class JustNow:
    """What happened within the last minutes; its pieces are in the shop since days."""

    reviewed: list[Piece]
    on_the_page: list[Piece]
    considered: list[Piece]
    sold: list[Piece]

    @classmethod
    def of(cls, stage: Stage) -> JustNow:
        """Deal the pieces and let them be listed."""
        listed = {name: [stage.deal("shown", 5) for _ in range(3)] for name in ("on_the_page", "considered", "sold")}
        for pieces in listed.values():
            stage.timeline.tell(approved(stage, pieces, 5))
        return cls(reviewed=[stage.deal("reviewed", 0) for _ in range(2)], **listed)

    def happen(self, stage: Stage) -> None:
        """New in the review queue; three people on the payment page, one before it; one sale of two pieces."""
        for piece in self.reviewed:
            selling.write(piece, stage.album)
            selling.submit(piece)
        for buyer, piece in zip(GUESTS[:3], self.on_the_page, strict=True):
            buying.open_payment(buying.check_out(buyer, [piece]))
        buying.check_out(BUYERS[1], self.considered[:1])
        buying.buy(GUESTS[4], self.sold[:2], VISA)
        interests.keep_in_mind()
        interests.offer()
