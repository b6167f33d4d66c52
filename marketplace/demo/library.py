"""The house's library: its styles with their numbers, prices, measurements and pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from marketplace.catalogue.models import Style, StylePicture
from marketplace.database import db
from marketplace.demo.album import Album
from marketplace.demo.pictures import files

HOUSE = "Velorne"
PER_DOLLAR = {"ZAR": 18}  # what a dollar's worth of bag costs elsewhere; as many pounds or euros as dollars
LIBRARY_VIEWS = ("front", "angle", "side")
PHOTOGRAPHED = date(2021, 8, 16)  # the house photographs a style before its season
SEASONS = ("Fall 2021", "Spring 2022", "Resort 2022", "Fall 2022", "Spring 2023", "Resort 2023", "Fall 2023")


@dataclass(frozen=True)
class Shape:
    """What all styles of one shape share: first figures of their numbers, dollars when new, width, height, depth."""

    number: int
    dollars: int
    millimetres: tuple[int, int, int]


SHAPES = {
    "tote": Shape(2100, 298, (340, 280, 140)),
    "shoulder bag": Shape(3100, 268, (250, 170, 75)),
    "bucket bag": Shape(3400, 258, (230, 260, 180)),
    "satchel": Shape(2400, 378, (310, 220, 150)),
    "camera bag": Shape(4100, 218, (220, 150, 70)),
    "zip wallet": Shape(5100, 128, (195, 100, 22)),
}
DEARER = {"crocodile": 70, "suede": 30, "quilted": 20, "crosshatch": -10, "canvas": -60}  # dollars, by material


@dataclass(frozen=True)
class LibraryStyle:
    """One style as the house sells it."""

    key: str
    number: str
    title: str
    category: str
    collection: str
    colour: str
    material: str
    hardware: str
    dollars: int
    has_flaw_picture: bool

    @property
    def list_price_minor(self) -> int:
        return self.dollars * 100

    @property
    def price(self) -> str:
        """As it is printed on the tag."""
        return f"${self.dollars}.00"


@cache
def library() -> dict[str, LibraryStyle]:
    """Every style by its key."""
    return {row["key"]: _style(place, row) for place, row in enumerate(files.styles())}


def _style(place: int, row: dict[str, Any]) -> LibraryStyle:
    shape = SHAPES[row["category"]]
    dearer = sum(dollars for material, dollars in DEARER.items() if material in row["material"])
    return LibraryStyle(
        key=row["key"],
        number=f"VL-{shape.number + 1 + place % 8}",
        title=row["title"],
        category=row["category"],
        collection=SEASONS[place % len(SEASONS)],
        colour=row["colour"],
        material=row["material"],
        hardware=row["hardware"],
        dollars=shape.dollars + dearer,
        has_flaw_picture="flaw" in row["pictures"],
    )


def order_pictures(album: Album) -> None:
    """Begin with every library picture."""
    for row in files.styles():
        for view in _views(row):
            album.order_library(row["key"], view)


def keep_styles(album: Album, currency: str) -> None:
    """Write the library down, at its market's prices."""
    for row in files.styles():
        style = library()[row["key"]]
        measures = zip(("width", "height", "depth"), SHAPES[style.category].millimetres, strict=True)
        kept = Style(
            number=style.number,
            title=style.title,
            house=HOUSE,
            category=style.category,
            collection=style.collection,
            colour=style.colour,
            material=style.material,
            hardware=style.hardware,
            list_price_minor=style.list_price_minor * PER_DOLLAR.get(currency, 1),
            currency=currency,
            measurements=dict(measures),
        )
        kept.pictures = [_picture(album, style.key, view, place) for place, view in enumerate(_views(row))]
        db.session.add(kept)
    db.session.flush()


def _views(row: dict[str, Any]) -> list[str]:
    return [view for view in LIBRARY_VIEWS if view in row["pictures"]]


def _picture(album: Album, key: str, view: str, position: int) -> StylePicture:
    rendered = album.photo(key, view).rendered
    return StylePicture(
        key=rendered.folder,
        width=rendered.master.width,
        height=rendered.master.height,
        widths=list(rendered.widths),
        position=position,
        kind=view,
        taken_on=PHOTOGRAPHED,
    )
