"""The pieces that members list: which style, whose, in what condition, at what price."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import cycle

from marketplace.demo import words
from marketplace.demo.album import Album
from marketplace.demo.cast import SELLERS, STARS, Character
from marketplace.demo.library import LibraryStyle, library
from marketplace.demo.pictures.shots import Take
from marketplace.demo.purchases import Bought, Tills

DEAR = 170  # percent of the suggested price
SOLD_ON = 4  # the number of a take that no other piece of its style has
NEW_WITH_TAGS, EXCELLENT, GOOD = "new_with_tags", "excellent", "good"

# Style and take of what waits at the review desk: no photo of theirs resembles another's, so that the desk's warning of
# a photo used twice stands on one listing alone, on purpose.
AT_THE_REVIEW_DESK = (
    ("isla-black", 2),
    ("lena-blush", 2),
    ("marlow-camel-canvas", 2),
    ("noa-mustard", 2),
    ("tilda-red", 2),
    ("greenwich-grey", 3),
    ("isla-blush", 2),
    ("lena-red", 3),
    ("marlow-oxblood", 2),
    ("noa-red", 2),
    ("tilda-tan", 2),
    ("greenwich-forest", 3),
)


@dataclass(frozen=True)
class Wear:
    """A flaw as its seller notes it; ``is_pictured`` where the style has a close-up of it."""

    part: str
    kind: str
    severity: str
    note: str
    is_pictured: bool = True


SCRATCHED = Wear("corners", "scratch", "light", "A few pale lines at the corner, seen only up close.")
WORN = Wear("corners", "scratch", "clear", "Scratches at the front corner, none longer than a fingertip.")
SMELLS = Wear("smell", "odour", "light", "A trace of cedar from the closet.", is_pictured=False)


@dataclass(eq=False)
class Piece:
    """One physical piece and what its seller says of it. ``listing_id`` is known once it was begun."""

    take: Take
    seller: Character | None
    grade: str
    wear: tuple[Wear, ...]
    words: str
    includes: tuple[str, ...]
    percent: int  # of the suggested price
    bought: Bought | None = None
    listing_id: int = field(default=0)
    bought_here: Piece | None = None  # the same piece as its seller before listed it

    @property
    def style(self) -> LibraryStyle:
        return library()[self.take.key]

    def order_photos(self, album: Album) -> None:
        """Begin with every photo the listing will need."""
        for view in ("front", "back", "inside"):
            album.order(self.take, view)
        if any(wear.is_pictured for wear in self.wear):
            album.order(self.take, "flaw")
        if self.grade == NEW_WITH_TAGS:
            album.order_tag(self.take, number=self.style.number, title=self.style.title, price=self.style.price)


class Closets:
    """Deals pieces to sellers, the same ones on every run; ``pieces`` are all that were dealt."""

    def __init__(self, chance: random.Random, tills: Tills, first_day: date) -> None:
        self._chance, self._tills, self._first_day = chance, tills, first_day
        keys = sorted(library())
        chance.shuffle(keys)
        # What stands in the shop at the same time shows different photos; what was sold long ago may share them.
        self._shown = iter([(key, number) for number in (0, 1) for key in keys])
        self._past = cycle([(key, 0) for key in reversed(keys)])
        self._reviewed = iter(AT_THE_REVIEW_DESK)
        self._studio = cycle(reversed(keys))
        self._sellers = cycle(self._order_of_sellers())
        self.pieces: list[Piece] = []

    def shown(self, seller: Character | None = None) -> Piece:
        """A piece for the shop window."""
        return self._deal(Take(*next(self._shown)), seller)

    def past(self, seller: Character | None = None) -> Piece:
        """A piece whose story is over."""
        return self._deal(Take(*next(self._past)), seller)

    def dear(self, seller: Character | None = None) -> Piece:
        """The dearest piece of the library, and at a collector's price: one person alone may not give so much back."""
        piece = self._deal(Take(max(library(), key=lambda key: library()[key].list_price_minor), 0), seller)
        piece.grade, piece.wear, piece.percent = EXCELLENT, (), DEAR
        return piece

    def reviewed(self, seller: Character | None = None) -> Piece:
        """A piece that waits for a reviewer, who is shown photos that resemble another's."""
        return self._deal(Take(*next(self._reviewed)), seller)

    def of_the_house(self) -> Piece:
        """One of the house's own pieces, photographed in its studio."""
        take = Take(next(self._studio), 0, by_house=True)
        grade = self._chance.choice((EXCELLENT, EXCELLENT, GOOD))
        said = self._chance.choice(words.HOUSE)
        piece = Piece(take, None, grade, (), said, ("dust_bag", "care_card"), self._chance.choice((100, 105, 110)))
        self.pieces.append(piece)
        return piece

    def again(self, piece: Piece, owner: Character) -> Piece:
        """A piece that was bought here, as its buyer lists it: no longer new, and bought nowhere else."""
        return replace(
            piece,
            take=Take(piece.take.key, SOLD_ON),
            seller=owner,
            grade=EXCELLENT if piece.grade == NEW_WITH_TAGS else piece.grade,
            words=words.SOLD_ON,
            bought=None,
            listing_id=0,
            bought_here=piece,
        )

    def _order_of_sellers(self) -> list[Character]:
        """Every seller in turn, the first three more often."""
        order = list(SELLERS)
        self._chance.shuffle(order)
        for place, star in enumerate(STARS * 3):
            order.insert(2 + 4 * place, star)
        return order

    def _deal(self, take: Take, seller: Character | None) -> Piece:
        seller, chance = seller or next(self._sellers), self._chance
        grade, wear = self._condition(take)
        months = chance.randint(2, 9) if grade == NEW_WITH_TAGS else chance.randint(7, 44)
        bought_on = self._first_day - timedelta(days=30 * months + chance.randint(1, 29))
        piece = Piece(
            take=take,
            seller=seller,
            grade=grade,
            wear=wear,
            words=words.description(chance, is_new=grade == NEW_WITH_TAGS),
            includes=tuple(key for key in ("dust_bag", "box", "care_card") if chance.random() < 0.55),
            percent=chance.choice((85, 90, 95, 100, 100, 100, 105, 115)),
            bought=self._tills.sell(library()[take.key], seller, bought_on),
        )
        self.pieces.append(piece)
        return piece

    def _condition(self, take: Take) -> tuple[str, tuple[Wear, ...]]:
        chance = self._chance
        pictured = library()[take.key].has_flaw_picture
        dice = chance.random()
        if dice < 0.07:
            return NEW_WITH_TAGS, ()
        if dice < 0.55:
            return EXCELLENT, (SCRATCHED,) if pictured else ()
        if pictured:
            return GOOD, (WORN,)
        return GOOD, (SMELLS,) if dice > 0.93 else ()
