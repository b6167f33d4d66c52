"""What a benchmark found, and the bars it is held to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Bar:
    """A figure and what it must reach: ``at_most`` or at least the limit."""

    what: str
    figure: float
    limit: float
    at_most: bool = True

    @property
    def is_met(self) -> bool:
        return self.figure <= self.limit if self.at_most else self.figure >= self.limit

    def __str__(self) -> str:
        return f"{self.what} is {self.figure:g}, {'at most' if self.at_most else 'at least'} {self.limit:g} is wanted"


@dataclass(frozen=True)
class Finding:
    """All that one benchmark measured; the names of the figures end in their units."""

    name: str
    figures: dict[str, Any]
    bars: list[Bar] = field(default_factory=list)

    @property
    def missed(self) -> list[str]:
        return [f"{self.name}: {bar}" for bar in self.bars if not bar.is_met]

    def as_json(self) -> dict[str, Any]:
        bars = [{**vars(bar), "is_met": bar.is_met} for bar in self.bars]
        return {"name": self.name, "figures": self.figures, "bars": bars}


def figure(value: float) -> float:
    """A measured number with the digits that mean something."""
    return float(f"{value:.4g}")
