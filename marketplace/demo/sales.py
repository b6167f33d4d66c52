"""What becomes of the pieces that are bought: one story for each way an order can go."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from marketplace.demo import buying, cases, words
from marketplace.demo.cast import Character
from marketplace.demo.listings import approved
from marketplace.demo.pieces import Piece
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.disputes.states import Kind, Remedy

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


def sold_on(stage: Stage, sale: Sale) -> Story:
    """Confirmed, worn for a while, and offered again by its buyer, with its passport."""
    listed_again = sale.days_ago - 20
    again = stage.deal_again(sale.pieces[0], sale.buyer, listed_again)
    yield from confirmed(stage, sale)
    yield from approved(stage, [again], listed_again)


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


def reported(stage: Stage, sale: Sale, *, percent: int | None = None) -> Story:
    """The buyer reports a problem the day after the delivery."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 15)
    kind = (Kind.CONDITION, Kind.INCOMPLETE, Kind.DAMAGED)[sale.number % 3]
    cases.report(sale.order, kind, "It is not as the photos show it.", percent=percent)


def disputed(stage: Stage, sale: Sale) -> Story:
    """Nobody has decided yet: the seller has not answered, has made an offer, or says it is as described."""
    yield from reported(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 18)
    if sale.number % 3 == 1:
        cases.offer(sale.order, 10, "I had not seen it. I give a tenth back, if you keep it.")
    elif sale.number % 3 == 2:
        cases.contest(sale.order, "It left me as the photos show it.")
        if sale.number > 2:
            yield stage.some_time(sale.days_ago - 6, 10)
            cases.take(sale.order)
        if sale.number > 5:
            cases.put_aside(sale.order, "The workshop looks at the photos until then.")


def taken_back_by_carrier(stage: Stage, sale: Sale) -> Story:
    """The carrier delivered to the wrong door, says so the day after, and returns the parcel."""
    yield from delivered(stage, sale)
    yield stage.some_time(sale.days_ago - 5, 11)
    buying.carry(sale.order, "return")


def settled_after_dispute(stage: Stage, sale: Sale) -> Story:
    """The report was not borne out; once the days to appeal are over the seller is paid."""
    yield from reported(stage, sale)
    yield stage.some_time(sale.days_ago - 6, 10)
    cases.contest(sale.order, "The mark is in the listing, as its second flaw.")
    yield stage.some_time(sale.days_ago - 8, 15)
    words = "The mark in the report is the second flaw of the listing, with its photo."
    cases.decide(sale.order, Remedy.DISMISS, words)


def settled_for_less(stage: Stage, sale: Sale) -> Story:
    """The buyer keeps the piece for a tenth less, as both agree."""
    yield from reported(stage, sale, percent=10)
    yield stage.some_time(sale.days_ago - 7, 15)
    cases.accept(sale.order)


def refunded_after_dispute(stage: Stage, sale: Sale) -> Story:
    """The report was right: the refund leaves, and the piece goes back."""
    yield from reported(stage, sale)
    yield stage.some_time(sale.days_ago - 6, 10)
    cases.contest(sale.order, "It was whole when I packed it.")
    yield stage.some_time(sale.days_ago - 8, 15)
    words = "The handle is torn, which the listing does not say."
    cases.decide(sale.order, Remedy.REFUND_WITH_RETURN, words, seller_at_fault=True)
    yield stage.some_time(sale.days_ago - 9, 11)
    cases.carry_back(sale.order, "scan")
    if sale.number % 2 == 0:
        yield stage.some_time(sale.days_ago - 11, 11)
        cases.carry_back(sale.order, "deliver")


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
    if sale.days_ago > 20:
        yield stage.some_time(sale.days_ago - 9, 15)
        buying.clear_alarms(sale.order, "Back with its sender, who confirmed it; the refund has left.")


def given_up(stage: Stage, sale: Sale) -> Story:
    """The buyer closed the provider's page, or never opened it: the pieces are for sale again."""
    yield from approved(stage, sale.pieces, sale.days_ago + LISTED_BEFORE)
    yield stage.some_time(sale.days_ago, 19)
    checkout = buying.check_out(sale.buyer, sale.pieces)
    if sale.number % 2 == 0:
        buying.open_payment(checkout)
