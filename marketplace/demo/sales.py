"""What becomes of the pieces that are bought: one story for each way an order can go, and how many of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import cycle

from marketplace.demo import buying, selling, words
from marketplace.demo.buying import AMEX, MASTERCARD, VISA
from marketplace.demo.cast import BUYERS, GUESTS, SELLERS, STARS, UNREACHABLE, Character
from marketplace.demo.listings import approved, spread
from marketplace.demo.pieces import Piece
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story

LISTED_BEFORE = 6  # days between handing in and the sale


@dataclass
class Sale:
    """One checkout: who buys which pieces with which card, how many days ago, the ``number``-th of its kind."""

    buyer: Character
    pieces: list[Piece]
    card: str
    days_ago: int
    number: int
    orders: list[int] = field(default_factory=list)

    @property
    def order(self) -> int:
        """The id of its only order, or of the first."""
        return self.orders[0]


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


# The usual way -------------------------------------------------------------------------------------------------------


def paid(stage: Stage, sale: Sale) -> Story:
    """Bought in the evening; the label is in the seller's mail within the hour."""
    yield from approved(stage, sale.pieces, sale.days_ago + LISTED_BEFORE)
    yield stage.some_time(sale.days_ago, 19)
    sale.orders = buying.buy(sale.buyer, sale.pieces, sale.card)


def shipped(stage: Stage, sale: Sale) -> Story:
    """Handed in at the post office two days later."""
    yield from paid(stage, sale)
    yield stage.some_time(sale.days_ago - 2, 11)
    for order in sale.orders:
        buying.carry(order, "scan")


def delivered(stage: Stage, sale: Sale) -> Story:
    """In the mailbox four days after the sale."""
    yield from shipped(stage, sale)
    yield stage.some_time(sale.days_ago - 3, 11)
    for order in sale.orders:
        buying.carry(order, "move")
    yield stage.some_time(sale.days_ago - 4, 11)
    for order in sale.orders:
        buying.carry(order, "deliver")


def confirmed(stage: Stage, sale: Sale) -> Story:
    """The buyer confirms and rates the day after the delivery."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 19)
    for place, order in enumerate(sale.orders):
        buying.confirm(order, *words.RATINGS[(sale.number + 5 * place) % len(words.RATINGS)])


def auto_confirmed(stage: Stage, sale: Sale) -> Story:
    """The buyer stays silent; the window closes three days after the delivery."""
    yield from delivered(stage, sale)


# On the way ----------------------------------------------------------------------------------------------------------


def late(stage: Stage, sale: Sale) -> Story:
    """Accepted by the carrier, seen once more, late."""
    yield from shipped(stage, sale)
    yield stage.some_time(sale.days_ago - 4, 11)
    buying.carry(sale.order, "move")


def undelivered(stage: Stage, sale: Sale) -> Story:
    """The carrier stood before a closed door."""
    yield from shipped(stage, sale)
    yield stage.some_time(sale.days_ago - 4, 11)
    buying.carry(sale.order, "fail")


def unlabelled(stage: Stage, sale: Sale) -> Story:
    """Paid, and the carrier refuses to label a parcel to that address: the desk is alarmed."""
    yield from approved(stage, sale.pieces, sale.days_ago + LISTED_BEFORE)
    yield stage.some_time(sale.days_ago, 19)
    nowhere = replace(sale.buyer.address, line1=f"{4 + 3 * sale.number} No Label Lane")
    sale.orders = buying.buy(sale.buyer, sale.pieces, sale.card, ship_to=nowhere)


def bought_back(stage: Stage, sale: Sale) -> Story:
    """On its way to the buyer while the house's shop reports that the piece was returned there."""
    yield from shipped(stage, sale)
    stage.bring_back(sale.pieces[0])


# Another end ---------------------------------------------------------------------------------------------------------


def disputed(stage: Stage, sale: Sale) -> Story:
    """The buyer reports a problem the day after the delivery."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 15)
    buying.report(sale.order, ("condition", "incomplete", "damaged")[sale.number % 3])


def taken_back_by_carrier(stage: Stage, sale: Sale) -> Story:
    """The carrier delivered to the wrong door, says so the day after, and returns the parcel."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 11)
    buying.carry(sale.order, "return")


def settled_after_dispute(stage: Stage, sale: Sale) -> Story:
    """The report was not borne out."""
    yield from disputed(stage, sale)
    yield stage.some_time(sale.days_ago - 8, 15)
    buying.decide(sale.order, "settle", "The mark in the report is the second flaw of the listing, with its photo.")


def settled_for_less(stage: Stage, sale: Sale) -> Story:
    """The buyer keeps the piece for a tenth less."""
    yield from disputed(stage, sale)
    yield stage.some_time(sale.days_ago - 7, 15)
    buying.give_back_part(sale.order, 10)
    buying.decide(sale.order, "settle", "Both agreed: a tenth of the price goes back, the piece stays.")


def refunded_after_dispute(stage: Stage, sale: Sale) -> Story:
    """The report was right."""
    yield from disputed(stage, sale)
    yield stage.some_time(sale.days_ago - 8, 15)
    buying.decide(sale.order, "refund", "The handle is torn, which the listing does not say.")


def never_shipped(stage: Stage, sale: Sale) -> Story:
    """The seller lets every date pass; the order ends by itself."""
    yield from paid(stage, sale)


def cancelled_by_buyer(stage: Stage, sale: Sale) -> Story:
    """The seller was late, and the buyer waits no longer."""
    yield from paid(stage, sale)
    yield stage.some_time(sale.days_ago - 8, 10)
    buying.cancel_as_buyer(sale.order)


def cancelled_by_seller(stage: Stage, sale: Sale) -> Story:
    """The seller cannot ship."""
    yield from paid(stage, sale)
    yield stage.some_time(sale.days_ago - 1, 10)
    buying.cancel_as_seller(sale.order)


def cancelled_by_desk(stage: Stage, sale: Sale) -> Story:
    """Customer service ends it at the buyer's wish, and the seller ships all the same."""
    yield from paid(stage, sale)
    yield stage.some_time(sale.days_ago - 1, 15)
    buying.decide(sale.order, "cancel", "The buyer wrote within the hour: it was meant for another address.")
    if sale.number == 0:
        yield stage.some_time(sale.days_ago - 2, 11)
        buying.carry(sale.order, "scan")


def lost(stage: Stage, sale: Sale) -> Story:
    """Nothing is heard of the parcel for ten days; one seller has been paid by an agent since."""
    yield from shipped(stage, sale)
    if sale.number == 0:
        yield stage.some_time(sale.days_ago - 15, 15)
        buying.decide(sale.order, "pay-lost", "The first scan is in the tracking: the seller did her part.")


def returned(stage: Stage, sale: Sale) -> Story:
    """The carrier brings the parcel back to its sender."""
    yield from shipped(stage, sale)
    yield stage.some_time(sale.days_ago - 4, 11)
    buying.carry(sale.order, "fail")
    yield stage.some_time(sale.days_ago - 7, 11)
    buying.carry(sale.order, "return")


def given_up(stage: Stage, sale: Sale) -> Story:
    """The buyer closed the provider's page, or never opened it: the pieces are for sale again."""
    yield from approved(stage, sale.pieces, sale.days_ago + LISTED_BEFORE)
    yield stage.some_time(sale.days_ago, 19)
    checkout = buying.check_out(sale.buyer, sale.pieces)
    if sale.number % 2 == 0:
        buying.open_payment(checkout)


COURSES = (
    Course(confirmed, 9, 66, 9),
    Course(confirmed, 2, 50, 24, pieces=2),
    Course(confirmed, 1, 38, 38, pieces=3),
    Course(confirmed, 3, 60, 15, seller=STARS[0]),
    Course(confirmed, 2, 44, 18, seller=SELLERS[7], buyer=STARS[0], card=AMEX),
    Course(confirmed, 2, 40, 20, dealt="of_the_house"),
    Course(auto_confirmed, 5, 63, 12),
    Course(auto_confirmed, 1, 30, 30, dealt="of_the_house"),
    Course(settled_after_dispute, 1, 28, 28),
    Course(settled_for_less, 1, 33, 33),
    # Seller and buyer have paid with the same card before: the desk is told.
    Course(confirmed, 1, 13, 13, seller=STARS[0], buyer=BUYERS[0], card=AMEX),
    Course(paid, 2, 1, 1),
    Course(paid, 1, 1, 1, seller=STARS[0]),
    Course(paid, 1, 1, 1, dealt="of_the_house"),
    Course(shipped, 2, 3, 3),
    Course(shipped, 1, 3, 3, seller=SELLERS[9], buyer=STARS[0], card=AMEX),
    Course(late, 1, 9, 9),
    Course(undelivered, 1, 6, 6),
    Course(bought_back, 1, 4, 4),
    Course(delivered, 2, 6, 5),
    Course(delivered, 1, 5, 5, pieces=2),
    Course(delivered, 1, 5, 5, seller=STARS[0]),
    Course(delivered, 1, 6, 6, seller=SELLERS[4], buyer=STARS[0], card=AMEX),
    Course(unlabelled, 2, 1, 1),
    Course(paid, 1, 1, 1, seller=UNREACHABLE),  # the mail with her label bounces, so the order stays paid
    Course(disputed, 3, 6, 6),
    Course(taken_back_by_carrier, 1, 6, 6),
    Course(refunded_after_dispute, 1, 35, 35),
    Course(never_shipped, 1, 40, 40),
    Course(cancelled_by_buyer, 1, 27, 27),
    Course(cancelled_by_seller, 1, 22, 22),
    Course(cancelled_by_desk, 1, 8, 8),
    Course(lost, 3, 46, 26),
    Course(returned, 3, 42, 14),
    Course(given_up, 4, 24, 4, dealt="shown"),
)


def tell_all(stage: Stage) -> None:
    """Let every sale begin; one seller is past her ship-by moment, whichever days were business days."""
    overdue = stage.timeline.business_days_ago(3)
    buyers = cycle([character for pair in zip(BUYERS, GUESTS * 2, strict=False) for character in pair])
    cards = cycle((VISA, MASTERCARD, VISA))
    for course in (*COURSES, Course(paid, 1, overdue, overdue)):
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
