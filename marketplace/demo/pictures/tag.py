"""The price tag of a piece that was never carried: a card on a string, photographed on the piece itself."""

from __future__ import annotations

import random

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from marketplace.demo.pictures.files import SIZE, picture
from marketplace.demo.pictures.rooms import lit

CARD = (300, 430)  # pixels
INK, PAPER = (38, 34, 30), (250, 247, 240)


def tagged(key: str, *, number: str, title: str, price: str) -> Image.Image:
    """A close view of the piece with its tag lying on it; ``price`` as it is printed there."""
    body = picture(key, "front").crop((170, 330, 490, 730)).resize(SIZE, Image.Resampling.LANCZOS)
    ground = ImageEnhance.Brightness(body.filter(ImageFilter.GaussianBlur(2.5))).enhance(0.92)
    card = _card(number, title, price).rotate(-7, Image.Resampling.BICUBIC, expand=True)
    left, top = (SIZE[0] - card.width) // 2, 210
    shadow = Image.new("L", SIZE, 255)
    shadow.paste(120, (left + 14, top + 20), card.getchannel("A"))
    ground = ImageChops.multiply(ground, Image.merge("RGB", [shadow.filter(ImageFilter.GaussianBlur(12))] * 3))
    hole = (left + card.width // 2 + 22, top + 46)
    ImageDraw.Draw(ground).line((hole, (hole[0] + 46, 90), (hole[0] + 150, -10)), fill=(222, 214, 200), width=4)
    ground.paste(card, (left, top), card)
    return lit(ground)


def _card(number: str, title: str, price: str) -> Image.Image:
    card = Image.new("RGBA", CARD, (0, 0, 0, 0))
    draw, middle = ImageDraw.Draw(card), CARD[0] // 2
    draw.rounded_rectangle((0, 0, CARD[0] - 1, CARD[1] - 1), 14, fill=(*PAPER, 255))
    draw.ellipse((middle - 11, 18, middle + 11, 40), fill=(0, 0, 0, 0), outline=(190, 180, 165, 255), width=3)
    for text, size, y in (
        ("V E L O R N E", 30, 78),
        (title, 22, 150),
        (f"Style {number}", 20, 184),
        (price, 46, 232),
    ):
        font = ImageFont.load_default(size)
        draw.text((middle - draw.textlength(text, font=font) / 2, y), text, font=font, fill=(*INK, 255))
    stripes, x = random.Random(number), 50
    while x < CARD[0] - 50:
        width = stripes.choice((2, 2, 3, 5))
        draw.rectangle((x, 322, x + width - 1, 388), fill=(*INK, 255))
        x += width + stripes.choice((2, 3, 4))
    return card
