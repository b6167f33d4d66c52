"""The demo world of a programme whose members list nothing: the house's own pieces, and the guests who buy some."""

from __future__ import annotations

from itertools import cycle

from marketplace.demo import sales, words
from marketplace.demo.buying import MASTERCARD, VISA
from marketplace.demo.cast import Character, shoppers_in
from marketplace.demo.library import library
from marketplace.demo.listings import live, spread
from marketplace.demo.pictures.shots import Take
from marketplace.demo.pieces import Piece
from marketplace.demo.sales import LISTED_BEFORE, Sale
from marketplace.demo.stage import Stage
from marketplace.programme.policy import Policy

ON_SALE, FIRST, LAST = 32, 66, 2  # pieces, listed so many days ago
SOLD = ((sales.confirmed, 31), (sales.auto_confirmed, 24), (sales.delivered, 5), (sales.shipped, 3), (sales.paid, 1))


def tell_all(stage: Stage, policy: Policy) -> None:
    """Let every story begin; nobody buys where the demo knows no address."""
    pieces = iter(_pieces(stage, policy))
    for number in range(ON_SALE):
        days_ago = spread(FIRST, LAST, number, ON_SALE)
        stage.timeline.tell(live(stage, next(pieces), days_ago, number))
    shoppers, cards = shoppers_in(policy.market.country), cycle((VISA, MASTERCARD))
    for number, (story, days_ago) in enumerate(SOLD if shoppers else ()):
        buyer: Character = shoppers[number % len(shoppers)]
        sale = Sale(buyer, [next(pieces)], next(cards), days_ago, number)
        stage.timeline.tell(story(stage, sale))


def _pieces(stage: Stage, policy: Policy) -> list[Piece]:
    """Pieces of the whole library in the grades this programme takes, those listed first in front."""
    grades = cycle([grade.key for grade in policy.condition.accepted_grades if not grade.suggestion_is_fixed])
    includes = tuple(accessory.key for accessory in policy.condition.comes_with[:2])
    keys = sorted(library())
    stage.chance.shuffle(keys)
    days = [spread(FIRST, LAST, number, ON_SALE) for number in range(ON_SALE)]
    days += [days_ago + LISTED_BEFORE for _story, days_ago in SOLD]
    return [
        stage.deal_piece(
            Piece(Take(key, 0, by_house=True), None, next(grades), (), stage.chance.choice(words.HOUSE), includes, 100),
            days_ago,
        )
        for key, days_ago in zip(cycle(keys), days, strict=False)
    ]
