"""The demo's picture files: see ``photos/README.md`` for what there is of each style."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "photos"
SIZE = (640, 800)
GROUND = (243, 240, 235)  # of every library picture
STRAPPED = {"lena-tan", "lena-taupe-suede", "lena-blush"}  # the shoulder bag comes with a chain or with a strap


@cache
def styles() -> list[dict[str, Any]]:
    """What the house's library says of each style: key, title, category, colour, material, hardware, pictures."""
    listed: list[dict[str, Any]] = json.loads((FOLDER / "styles.json").read_text())
    return listed


def read(key: str, kind: str) -> bytes:
    """The file of one picture of a style."""
    return (FOLDER / f"{key}-{kind}.webp").read_bytes()


@cache
def picture(key: str, kind: str) -> Image.Image:
    """One picture of a style, its pixels ready."""
    return Image.open(FOLDER / f"{key}-{kind}.webp").convert("RGB")


@cache
def outline(key: str, view: str) -> Image.Image:
    """Where the piece is in its library picture, white on black; one outline serves every colour of a shape."""
    return Image.open(FOLDER / f"outline-{shape_of(key)}-{view}.png").convert("L")


def shape_of(key: str) -> str:
    """The shape of a style: what its outline is named after."""
    shapes = {
        "marlow": "tote",
        "lena": "strap-bag" if key in STRAPPED else "chain-bag",
        "isla": "bucket-bag",
        "greenwich": "satchel",
        "noa": "camera-bag",
        "tilda": "zip-wallet",
    }
    return shapes[key.partition("-")[0]]


def second_view(key: str) -> str:
    """The kind of a style's second library picture."""
    return "side" if shape_of(key) == "bucket-bag" else "angle"
