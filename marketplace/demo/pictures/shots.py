"""One member's photos of one piece: front, back, inside, a flaw, the tag; each take looks different from the others."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass
from functools import cached_property

from PIL import Image, ImageChops, ImageFilter, ImageOps

from marketplace.demo.pictures.files import GROUND, SIZE, outline, picture, read, second_view, styles
from marketplace.demo.pictures.rear import rear
from marketplace.demo.pictures.rooms import ROOMS, room
from marketplace.demo.pictures.tag import tagged

MIDDLE = (320, 560)  # of a piece in its library picture: what a photo is turned about
QUALITY = 90
SHARPER = ImageFilter.UnsharpMask(radius=1.2, percent=140, threshold=1)


@dataclass(frozen=True)
class Take:
    """Who photographs: ``number`` tells apart the members who own the same style; ``by_house`` in its studio."""

    key: str
    number: int
    by_house: bool = False

    def chance(self, what: str) -> random.Random:
        """The same chances at every making, others for each photo."""
        return random.Random(f"{what} {self.key} {self.number}")

    @cached_property
    def room(self) -> Image.Image:
        """Where this member takes photos, seen from where she stands: the window may be on either side."""
        place = [style["key"] for style in styles()].index(self.key)
        home = room(list(ROOMS)[(place * 5 + self.number * 2 + place // 8) % len(ROOMS)])
        chance = self.chance("room")
        if chance.random() < 0.5:
            home = ImageOps.mirror(home)
        width, height = int(SIZE[0] * chance.uniform(0.7, 1)), int(SIZE[1] * chance.uniform(0.7, 1))
        left, top = int(chance.random() * (SIZE[0] - width)), int(chance.uniform(0, 0.6) * (SIZE[1] - height))
        return home.resize(SIZE, Image.Resampling.BICUBIC, (left, top, left + width, top + height))


def front(take: Take) -> bytes:
    """The whole front: the member's own picture where there is one, else the library's brought home."""
    if take.by_house:
        return read(take.key, second_view(take.key))
    kinds = next(style["pictures"] for style in styles() if style["key"] == take.key)
    if "seller" in kinds and take.number == 0:
        return jpeg(picture(take.key, "seller"))
    view = second_view(take.key) if take.number % 2 == 0 else "front"
    return jpeg(_brought_home(picture(take.key, view), outline(take.key, view), take, "front"))


def back(take: Take) -> bytes:
    """The whole back, in the same room; in the house's studio it stands on the library's ground."""
    if take.by_house:
        return jpeg(rear(take.key))
    shape = ImageOps.mirror(outline(take.key, "front"))
    return jpeg(_brought_home(rear(take.key), shape, take, "back"))


def inside(take: Take) -> bytes:
    """The lining."""
    if take.by_house:
        return read(take.key, "inside")
    return jpeg(_held_otherwise(picture(take.key, "inside"), take, "inside"))


def flaw(take: Take) -> bytes:
    """The worn corner, close up; only some styles have one."""
    return jpeg(_held_otherwise(picture(take.key, "flaw"), take, "flaw"))


def price_tag(take: Take, *, number: str, title: str, price: str) -> bytes:
    """The tag with its figures."""
    return jpeg(_held_otherwise(tagged(take.key, number=number, title=title, price=price), take, "price_tag"))


def jpeg(image: Image.Image) -> bytes:
    """The picture as a phone sends it: a little sharper than life."""
    file = io.BytesIO()
    image.filter(SHARPER).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


# Holding the camera --------------------------------------------------------------------------------------------------


def _brought_home(library: Image.Image, shape: Image.Image, take: Take, what: str) -> Image.Image:
    """The piece of a library picture in the room of the take, standing in its own shadow."""
    chance = take.chance(what)
    zoom = chance.uniform(0.66, 1.0)
    aside = 312 - 255 * zoom  # beyond that the frame would cut it off
    pose = _pose(
        zoom=zoom,
        turn=chance.uniform(-4, 4),
        shift=(chance.uniform(-aside, aside), chance.uniform(-130, 30) * (1.15 - zoom) * 2),
    )
    piece = library.transform(SIZE, Image.Transform.AFFINE, pose, Image.Resampling.BICUBIC, fillcolor=GROUND)
    mask = shape.transform(SIZE, Image.Transform.AFFINE, pose, Image.Resampling.BICUBIC, fillcolor=0)
    # The shadow is what the library's white ground has lost; it falls on whatever the piece stands on now.
    shadow = piece.convert("L").point([min(255, value * 255 // 240) for value in range(256)])
    ground = ImageChops.multiply(take.room, Image.merge("RGB", [shadow] * 3))
    return _warmed(Image.composite(piece, ground, mask), chance.uniform(0.99, 1.06))


def _held_otherwise(image: Image.Image, take: Take, what: str) -> Image.Image:
    """The same sight a little closer, askew and in another light."""
    chance = take.chance(what)
    zoom = chance.uniform(1.08, 1.5)
    to_the_edge = (zoom - 1) * 0.85
    pose = _pose(
        zoom=zoom,
        turn=chance.uniform(-12, 12) * (zoom - 1),
        shift=(chance.uniform(-320, 320) * to_the_edge, chance.uniform(-400, 400) * to_the_edge),
        middle=(320, 400),
    )
    edge = image.resize((1, 1)).getpixel((0, 0))
    moved = image.transform(SIZE, Image.Transform.AFFINE, pose, Image.Resampling.BICUBIC, fillcolor=edge)
    return _warmed(moved, chance.uniform(0.96, 1.05))


def _pose(
    *, zoom: float, turn: float, shift: tuple[float, float], middle: tuple[float, float] = MIDDLE
) -> tuple[float, ...]:
    """The affine map from the new picture to the old: ``turn`` in degrees, ``shift`` in pixels."""
    cosine, sine = math.cos(math.radians(turn)) / zoom, math.sin(math.radians(turn)) / zoom
    x, y = middle[0] + shift[0], middle[1] + shift[1]
    return (cosine, sine, middle[0] - cosine * x - sine * y, -sine, cosine, middle[1] + sine * x - cosine * y)


def _warmed(image: Image.Image, warmth: float) -> Image.Image:
    """The picture in a warmer (above 1) or cooler light."""
    red, green, blue = image.split()
    more = [min(255, int(value * warmth)) for value in range(256)]
    less = [min(255, int(value / warmth)) for value in range(256)]
    return Image.merge("RGB", (red.point(more), green, blue.point(less)))
