"""What becomes of the pieces that are not sold: one story for each way a listing can stand, and how many of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from marketplace.demo import selling, words
from marketplace.demo.pieces import Piece
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import Story
from marketplace.listings import repricing, review, withdrawing
from marketplace.listings.review import ChangeWanted

Telling = Callable[[Stage, Piece, int, int], Story]  # the stage, the piece, how many days ago, which of its kind


@dataclass(frozen=True)
class Fate:
    """So many pieces with the same story, handed in one after the other from ``first`` to ``last`` days ago."""

    story: Telling
    count: int
    first: int
    last: int
    dealt: str = "shown"  # which of the closets' piles the pieces come from


# Into the shop -------------------------------------------------------------------------------------------------------


def handed_in(stage: Stage, pieces: Sequence[Piece], days_ago: int) -> Story:
    """Written in the morning and handed in at once; the house's own pieces are published at once."""
    yield stage.some_time(days_ago, 10)
    for piece in pieces:
        selling.write(piece, stage.album)
        selling.submit(piece) if piece.seller else selling.publish(piece)


def approved(stage: Stage, pieces: Sequence[Piece], days_ago: int) -> Story:
    """In the shop from the afternoon of the day after they were handed in."""
    yield from handed_in(stage, pieces, days_ago)
    yield stage.some_time(days_ago - 1, 15)
    for piece in pieces:
        if piece.seller:
            selling.decide(piece, review.approve)


def live(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Still for sale; every ninth price was lowered since."""
    yield from approved(stage, [piece], days_ago)
    if piece.seller and number % 9 == 4 and days_ago > 10:
        yield stage.some_time(days_ago - 8, 15)
        selling.reprice(piece, 88)


# Before the shop -----------------------------------------------------------------------------------------------------


def begun(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """A draft that was laid aside, each at another step."""
    yield stage.some_time(days_ago, 10)
    selling.write(piece, stage.album, last_step=("price", "details", "condition", "photos")[number % 4])


def waiting(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """In the review queue."""
    yield from handed_in(stage, [piece], days_ago)


def waiting_again(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """In the review queue because the price of a live listing was raised."""
    yield from approved(stage, [piece], days_ago + 21)
    yield stage.some_time(days_ago, 15)
    selling.reprice(piece, 120)


def with_a_borrowed_photo(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """In the review queue, its front shown in a photo of somebody else's listing."""
    yield stage.some_time(days_ago, 10)
    selling.write(piece, stage.album)
    selling.borrow_front(piece, stage.listed_like(piece), stage.album)
    selling.submit(piece)


def changes_wanted(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Sent back to its seller with something to mend."""
    yield from handed_in(stage, [piece], days_ago)
    yield stage.some_time(days_ago - 1, 15)
    selling.decide(piece, review.request_changes, [ChangeWanted(*words.CHANGES[number])])


def corrected(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """Sent back, mended, and live."""
    yield from changes_wanted(stage, piece, days_ago, 1)
    yield stage.some_time(days_ago - 2, 10)
    selling.correct(piece, words=f"{piece.words} There is a pale line at the left corner.")
    yield stage.some_time(days_ago - 3, 15)
    selling.decide(piece, review.approve)


def price_proposed(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """The reviewer proposes another price, and the seller has not answered."""
    yield from handed_in(stage, [piece], days_ago)
    yield stage.some_time(days_ago - 1, 15)
    selling.propose_price(piece, (82, 88, 112)[number % 3])


def price_accepted(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Live at the price a reviewer proposed."""
    yield from price_proposed(stage, piece, days_ago, number)
    yield stage.some_time(days_ago - 2, 10)
    selling.act(piece, repricing.accept_price)


def price_refused(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Back with its seller, who did not want the proposed price."""
    yield from price_proposed(stage, piece, days_ago, number)
    yield stage.some_time(days_ago - 2, 10)
    selling.act(piece, repricing.refuse_price)


def declined(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Refused for good."""
    yield from handed_in(stage, [piece], days_ago)
    yield stage.some_time(days_ago - 1, 15)
    selling.decide(piece, review.decline, *words.DECLINES[number])


# Out of the shop -----------------------------------------------------------------------------------------------------


def paused(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """Taken out for a while."""
    yield from approved(stage, [piece], days_ago)
    yield stage.some_time(days_ago // 2, 15)
    selling.act(piece, repricing.pause)


def withdrawn(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """Its seller keeps it after all."""
    yield from approved(stage, [piece], days_ago)
    yield stage.some_time(days_ago // 2, 15)
    selling.act(piece, withdrawing.withdraw)


def taken_back(stage: Stage, piece: Piece, days_ago: int, _number: int) -> Story:
    """Brought back to the house's shop while it was for sale here: the next purchase file says so."""
    yield from approved(stage, [piece], days_ago)
    stage.bring_back(piece)


def removed(stage: Stage, piece: Piece, days_ago: int, number: int) -> Story:
    """Taken out by staff."""
    yield from approved(stage, [piece], days_ago)
    yield stage.some_time(days_ago // 2, 15)
    selling.remove(piece, *words.REMOVALS[number])


FATES = (
    Fate(live, 42, 68, 3),
    Fate(live, 12, 64, 5, "of_the_house"),
    Fate(corrected, 2, 30, 22),
    Fate(price_accepted, 2, 26, 19),
    Fate(begun, 5, 13, 1),
    Fate(waiting_again, 1, 1, 1, "reviewed"),
    Fate(with_a_borrowed_photo, 1, 1, 1, "reviewed"),
    Fate(waiting, 3, 1, 1, "reviewed"),
    Fate(changes_wanted, 4, 9, 3),
    Fate(price_proposed, 3, 8, 3),
    Fate(price_refused, 1, 14, 14),
    Fate(declined, 3, 40, 12, "past"),
    Fate(paused, 3, 34, 16),
    Fate(withdrawn, 3, 50, 20, "past"),
    Fate(taken_back, 1, 36, 36, "past"),
    Fate(removed, 3, 44, 18, "past"),
)


def tell_all(stage: Stage) -> None:
    """Let every story of a piece that is not sold begin; those at the desk depend on how business days fall."""
    late, nearly = (stage.timeline.business_days_ago(number) for number in (2, 1))
    desk = (Fate(waiting, 2, late, late, "reviewed"), Fate(waiting, 3, nearly, nearly, "reviewed"))
    for fate in (*FATES, *desk):
        for number in range(fate.count):
            days_ago = spread(fate.first, fate.last, number, fate.count)
            piece = stage.deal(fate.dealt, days_ago)
            stage.timeline.tell(fate.story(stage, piece, days_ago, number))


def spread(first: int, last: int, number: int, count: int) -> int:
    """The day of the ``number``-th of ``count`` stories that begin between ``first`` and ``last`` days ago."""
    return first if count == 1 else round(first - (first - last) * number / (count - 1))
