"""The back of a piece: its front mirrored, without the name, the lock and the cord that a back does not have."""

from __future__ import annotations

from functools import cache

from PIL import Image, ImageOps

from marketplace.demo.pictures.files import picture, shape_of

Box = tuple[int, int, int, int]  # left, top, right, bottom in pixels of the library picture

# What a front has and a back has not.
NAMES = {
    "tote": (252, 386, 388, 428),
    "satchel": (258, 426, 384, 486),
    "zip-wallet": (252, 518, 430, 570),
    "camera-bag": (246, 500, 396, 566),
}
CORD = (246, 338, 374, 630)
# Covered with leather from beside it: where it is, and the band of rows to take the leather from.
QUILTED_PLATE = ((244, 598, 398, 646), (548, 598))
FLAPS = {"chain-bag": ((96, 384, 546, 606), (612, 656)), "strap-bag": ((96, 466, 544, 646), (392, 464))}


@cache
def rear(key: str) -> Image.Image:
    """The library picture of a style's back."""
    front, shape = picture(key, "front").copy(), shape_of(key)
    if shape in FLAPS:
        box, band = FLAPS[shape]
        _lay(front, box, band)
    elif shape == "bucket-bag":
        _close_across(front, CORD)
    elif "quilted" in key:
        _lay(front, *QUILTED_PLATE)
    else:
        _close_down(front, NAMES[shape])
    return ImageOps.mirror(front)


def _lay(image: Image.Image, box: Box, band: tuple[int, int]) -> None:
    """Cover ``box`` with a band of leather, laid down again and again, every second time upside down."""
    left, top, right, bottom = box
    strip = image.crop((left, band[0], right, band[1]))
    soft = _soft(strip.size)
    for number, y in enumerate(range(top, bottom, strip.height - 12)):
        piece = ImageOps.flip(strip) if number % 2 == 0 else strip
        height = min(strip.height, bottom - y)
        image.paste(piece.crop((0, 0, strip.width, height)), (left, y), soft.crop((0, 0, strip.width, height)))


def _close_down(image: Image.Image, box: Box) -> None:
    """Cover ``box`` with the leather above it fading into the leather below it."""
    left, top, right, bottom = box
    height = bottom - top
    above = ImageOps.flip(image.crop((left, top - height, right, top)))
    below = ImageOps.flip(image.crop((left, bottom, right, bottom + height)))
    fade = Image.linear_gradient("L").resize(above.size)
    image.paste(Image.composite(below, above, fade), (left, top), _soft(above.size))


def _close_across(image: Image.Image, box: Box) -> None:
    """Cover ``box`` with the leather on its left fading into that on its right."""
    left, top, right, bottom = box
    width = right - left
    before = ImageOps.mirror(image.crop((left - width, top, left, bottom)))
    after = ImageOps.mirror(image.crop((right, top, right + width, bottom)))
    fade = Image.linear_gradient("L").rotate(90).resize(before.size)
    image.paste(Image.composite(after, before, fade), (left, top), _soft(before.size))


def _soft(size: tuple[int, int], edge: int = 6) -> Image.Image:
    """White with edges that fade over a few pixels."""
    width, height = size
    across = [min(255, 255 * (1 + min(x, width - 1 - x)) // edge) for x in range(width)]
    down = [min(255, 255 * (1 + min(y, height - 1 - y)) // edge) for y in range(height)]
    mask = Image.new("L", size)
    mask.putdata([min(a, d) for d in down for a in across])
    return mask
