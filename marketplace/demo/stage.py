"""What every story of the demo world has at hand: the days, the closets, the photos, and chance that never changes."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime

from marketplace.demo.album import Album
from marketplace.demo.cast import Character
from marketplace.demo.pieces import Closets, Piece
from marketplace.demo.timeline import Timeline


@dataclass
class Stage:
    """``brought_back`` are pieces that the next purchase file reports as returned."""

    timeline: Timeline
    album: Album
    closets: Closets
    chance: random.Random
    brought_back: list[Piece] = field(default_factory=list)
    _dealt: list[tuple[int, Piece]] = field(default_factory=list)

    def some_time(self, days_ago: int, hour: int) -> datetime:
        """Some minute of that hour, so that not everything happens at once."""
        return self.timeline.moment(days_ago=days_ago, hour=hour, minute=self.chance.randrange(45))

    def deal(self, pile: str, days_ago: int, seller: Character | None = None) -> Piece:
        """A piece from one of the closets' piles, to be photographed so many days ago."""
        piece: Piece = getattr(self.closets, pile)(*((seller,) if seller else ()))
        return self.deal_piece(piece, days_ago)

    def deal_piece(self, piece: Piece, days_ago: int) -> Piece:
        """A piece from outside the closets, to be photographed so many days ago."""
        self._dealt.append((days_ago, piece))
        return piece

    def deal_again(self, piece: Piece, owner: Character, days_ago: int) -> Piece:
        """The same piece in the hands of who bought it here, to be photographed anew."""
        again = self.closets.again(piece, owner)
        self._dealt.append((days_ago, again))
        return again

    def order_photos(self) -> None:
        """Begin with the photos of every piece dealt, those needed first in front."""
        for _days_ago, piece in sorted(self._dealt, key=lambda dealt: -dealt[0]):
            piece.order_photos(self.album)

    def listed_like(self, piece: Piece) -> Piece:
        """Another piece of the same style that was listed before."""
        return next(
            other
            for _days_ago, other in self._dealt
            if other is not piece and other.listing_id and other.seller and other.take.key == piece.take.key
        )

    def bring_back(self, piece: Piece) -> None:
        """Its owner takes the piece back to the shop she bought it in."""
        self.brought_back.append(piece)
