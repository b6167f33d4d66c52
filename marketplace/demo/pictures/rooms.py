"""Rooms to photograph a piece in: a surface, a wall behind it, light from a window on the left."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from marketplace.demo.pictures.files import SIZE

WIDTH, HEIGHT = SIZE
HORIZON = 330  # pixels from the top: where the surface ends and the wall begins
TOP_OF_SURFACE = (WIDTH, 400)  # pixels of a surface seen from above

Colour = tuple[int, int, int]


def _noise(width: int, height: int, seed: int) -> Image.Image:
    return Image.frombytes("L", (width, height), random.Random(seed).randbytes(width * height))


def _spread(image: Image.Image) -> Image.Image:
    return image.resize(TOP_OF_SURFACE, Image.Resampling.BICUBIC)


def _wood(seed: int) -> Image.Image:
    """Grain that runs away from the eye."""
    return Image.blend(_spread(_noise(200, 12, seed)), _spread(_noise(WIDTH, 60, seed + 1)), 0.35)


def _cloth(seed: int) -> Image.Image:
    """A fine weave with folds as wide as a hand."""
    weave = _noise(*TOP_OF_SURFACE, seed).filter(ImageFilter.BoxBlur(1))
    return Image.blend(weave, _spread(_noise(7, 6, seed + 1)), 0.62)


def _stone(seed: int) -> Image.Image:
    """Soft clouds with a little sand in them."""
    return Image.blend(_spread(_noise(320, 200, seed)), _spread(_noise(6, 5, seed + 1)), 0.75)


@dataclass(frozen=True)
class Room:
    """What the surface is made of, its darkest and lightest colour, and the colour of the wall."""

    surface: Callable[[int], Image.Image]
    dark: Colour
    light: Colour
    wall: Colour
    seed: int
    has_boards: bool = False


ROOMS = {
    "oak": Room(_wood, (176, 132, 92), (205, 163, 120), (206, 198, 186), 1, has_boards=True),
    "walnut": Room(_wood, (84, 56, 40), (122, 86, 62), (224, 219, 210), 2, has_boards=True),
    "linen": Room(_cloth, (214, 206, 193), (240, 235, 226), (190, 186, 178), 3),
    "stone": Room(_stone, (202, 199, 194), (222, 219, 214), (178, 184, 172), 4),
    "felt": Room(_cloth, (118, 121, 124), (146, 148, 150), (212, 208, 202), 5),
    "ash": Room(_wood, (208, 188, 160), (232, 214, 188), (182, 190, 198), 6, has_boards=True),
}


@cache
def room(name: str) -> Image.Image:
    """A room with nothing in it yet."""
    chosen = ROOMS[name]
    picture = Image.new("RGB", SIZE, chosen.wall)
    picture.paste(_surface(chosen), (0, HORIZON))
    edge = picture.crop((0, HORIZON - 30, WIDTH, HORIZON + 30)).filter(ImageFilter.GaussianBlur(4))
    picture.paste(edge, (0, HORIZON - 30))
    return ImageChops.add(lit(picture), _window())


def _surface(chosen: Room) -> Image.Image:
    texture = ImageOps.autocontrast(chosen.surface(chosen.seed), cutoff=1)
    seen_from_above = ImageOps.colorize(texture, chosen.dark, chosen.light)
    if chosen.has_boards:
        draw, gap = ImageDraw.Draw(seen_from_above), tuple(int(part * 0.78) for part in chosen.dark)
        for x in range(0, WIDTH, 128):
            draw.line((x, 0, x, HEIGHT), fill=gap, width=2)
    # Seen from where one stands: the far edge shows half as much of the surface as the near one hides.
    doubled = seen_from_above.resize((2 * WIDTH, 800))
    corners = (0, 0, WIDTH // 2, 800, 3 * WIDTH // 2, 800, 2 * WIDTH, 0)
    size = (WIDTH, HEIGHT - HORIZON)
    return doubled.transform(size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)


def lit(picture: Image.Image) -> Image.Image:
    """The picture in light that falls in from the left."""
    return ImageChops.multiply(picture, _light())


@cache
def _light() -> Image.Image:
    small = Image.new("L", (64, 80))
    small.putdata([int(258 - 1.1 * x - 0.35 * abs(y - 34)) for y in range(80) for x in range(64)])
    return Image.merge("RGB", [small.resize(SIZE, Image.Resampling.BICUBIC)] * 3)


@cache
def _window() -> Image.Image:
    """The patch of light that a window throws on the wall."""
    patch = Image.new("L", SIZE, 0)
    ImageDraw.Draw(patch).polygon([(60, 0), (230, 0), (90, HORIZON), (-90, HORIZON)], fill=255)
    glow = patch.filter(ImageFilter.GaussianBlur(38)).point([value // 9 for value in range(256)])
    return Image.merge("RGB", (glow, glow, glow.point([int(value * 0.85) for value in range(256)])))
