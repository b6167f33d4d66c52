"""What the house's own shops sold to the members: a purchase file like the one a brand delivers, and its import."""

from __future__ import annotations

import csv
import random
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import click

from marketplace.demo.cast import MEMBERS, STARS, Character
from marketplace.demo.library import HOUSE, LibraryStyle, library
from marketplace.people.cli import import_purchases
from marketplace.people.purchase_line import COLUMNS

STORES = ("Velorne Fifth Avenue", "Velorne Newbury Street", "Velorne Rodeo Drive", "Velorne Michigan Avenue")

# Pieces that stand in a purchase history and cannot be sold here: title, category, size, dollars.
OTHER_THINGS = (
    ("Harrow wool coat", "Coat", "38", 690, "camel", "VL-8101"),
    ("Ines cashmere sweater", "Knitwear", "M", 285, "cream", "VL-8204"),
    ("Sable pumps", "Pumps", "38", 265, "black", "VL-8310"),
    ("Orbit watch", "Watch", "", 240, "gold", "VL-8422"),
)


@dataclass(frozen=True)
class Bought:
    """One line of the purchase file."""

    order_number: str
    line_number: int
    channel: str
    purchased_on: date
    loyalty_number: str
    email: str
    style_number: str
    title: str
    category: str
    collection: str
    colour: str
    dollars: int
    size: str = ""
    quantity: int = 1
    reduced: int = 0  # percent off the list price
    store: str = ""
    returned_on: date | None = None

    @property
    def cells(self) -> dict[str, str]:
        """The line as the file spells it."""
        cells = {name: str(getattr(self, name, "")) for name in COLUMNS}
        return cells | {
            "returned_on": self.returned_on.isoformat() if self.returned_on else "",
            "house": HOUSE,
            "list_price": f"{self.dollars}.00",
            "price_paid": f"{self.dollars * (100 - self.reduced) / 100:.2f}",
            "currency": "USD",
        }


class Tills:
    """Rings up purchases: on the site or in a store, each with an order number of its own."""

    def __init__(self, chance: random.Random) -> None:
        self._chance, self._numbers = chance, count(1)

    def sell(self, style: LibraryStyle, to: Character, on: date, *, quantity: int = 1) -> Bought:
        """A bag sold under the loyalty account."""
        number, in_store = next(self._numbers), self._chance.random() < 0.45
        return Bought(
            order_number=f"{'S' if in_store else 'W'}{480_000 + 113 * number}",
            line_number=1,
            channel="store" if in_store else "web",
            purchased_on=on,
            loyalty_number=to.loyalty_number,
            email=to.email,
            style_number=style.number,
            title=style.title,
            category=style.category.capitalize(),
            collection=style.collection,
            colour=style.colour,
            dollars=style.dollars,
            quantity=quantity,
            reduced=self._chance.choice((0, 0, 0, 15, 25)),
            store=self._chance.choice(STORES) if in_store else "",
        )

    def sell_other(self, to: Character, on: date) -> Bought:
        """Something that cannot be sold here."""
        title, category, size, dollars, colour, number = self._chance.choice(OTHER_THINGS)
        bag = self.sell(next(iter(library().values())), to, on)
        return replace(
            bag,
            title=title,
            category=category,
            size=size,
            dollars=dollars,
            colour=colour,
            style_number=number,
        )


def never_listed(tills: Tills, chance: random.Random, last: date) -> list[Bought]:
    """What members keep, may not sell, took back, or bought without their loyalty account."""
    lines = []
    for place, member in enumerate(MEMBERS):
        styles = chance.sample(sorted(library()), 5)
        days = [last - timedelta(days=chance.randint(40, 1100)) for _ in styles]
        kept, core, returned, as_guest, pair = (
            tills.sell(library()[key], member, day) for key, day in zip(styles, days, strict=True)
        )
        star = member in STARS
        lines.append(kept)
        lines.append(tills.sell_other(member, last - timedelta(days=chance.randint(30, 700))))
        if star or place % 2 == 0:
            lines.append(replace(core, collection="Core"))
        if star or place % 5 == 0:
            lines.append(replace(returned, returned_on=returned.purchased_on + timedelta(days=12)))
        if star or place % 4 == 0:
            lines.append(replace(as_guest, loyalty_number=""))
        if star or place % 6 == 0:
            lines.append(replace(pair, quantity=2))
    return lines


def of_this_season(tills: Tills, chance: random.Random, last: date) -> list[Bought]:
    """Purchases of the last weeks, all of the current collection."""
    keys = sorted(library())
    return [
        replace(
            tills.sell(library()[chance.choice(keys)], member, last - timedelta(days=chance.randint(1, 40))),
            collection="Current",
            reduced=0,
        )
        for member in MEMBERS[::3]
    ]


def take_in(lines: Iterable[Bought], name: str) -> None:
    """Write a purchase file and hand it to the import command."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(line.cells for line in lines)
        with click.Context(import_purchases) as context:
            context.invoke(import_purchases, file=str(path))
