"""The pairs of type faces a programme chooses from, and what stands in for each until its file has come.

A pair is named after its display face. All are vendored under names of our own (scripts/vendor_assets.py), and every
face has a local stand-in scaled to the same widths and heights, so that nothing moves when it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass

SANS = '"Arial", "Liberation Sans", "Helvetica"'
SERIF = '"Times New Roman", "Liberation Serif", "Times"'


@dataclass(frozen=True)
class Face:
    """One vendored face; the overrides are shares of its stand-in's size, in per cent."""

    family: str
    file: str  # static/fonts/FILE.woff2
    weights: str
    stand_in: str
    size: float
    ascent: float
    descent: float

    @property
    def stack(self) -> str:
        """The value of a ``font-family``."""
        generic = "serif" if self.stand_in == SERIF else "system-ui, sans-serif"
        return f'"{self.family}", "{self.family} Local", {generic}'

    @property
    def rules(self) -> str:
        """Its ``@font-face`` and its stand-in's."""
        local = ", ".join(f"local({name})" for name in self.stand_in.split(", "))
        return (
            f'@font-face {{\n  font-family: "{self.family}";\n  src: url("../static/fonts/{self.file}.woff2")'
            f' format("woff2");\n  font-weight: {self.weights};\n  font-display: swap;\n}}\n'
            f'@font-face {{\n  font-family: "{self.family} Local";\n  src: {local};\n  size-adjust: {self.size}%;\n'
            f"  ascent-override: {self.ascent}%;\n  descent-override: {self.descent}%;\n  line-gap-override: 0%;\n}}\n"
        )


@dataclass(frozen=True)
class Pair:
    """The face of headings and the face of everything else; they may be one."""

    display: Face
    text: Face

    @property
    def faces(self) -> tuple[Face, ...]:
        return tuple(dict.fromkeys((self.text, self.display)))


_GEOMETRIC = Face("Reprise Geometric", "jost", "400 550", SANS, 96.3, 111.1, 38.9)

PAIRS = {
    "Marcellus": Pair(
        display=Face("Reprise Roman", "marcellus", "400", SERIF, 112.3, 86.7, 24.9),
        text=Face("Reprise Grotesk", "hanken-grotesk", "400 550", SANS, 101.9, 98.2, 29.7),
    ),
    "Instrument Serif": Pair(
        display=Face("Reprise Editorial", "instrument-serif", "400", SERIF, 82.2, 120.4, 37.7),
        text=Face("Reprise Sans", "instrument-sans", "400 550", SANS, 100.6, 96.4, 24.9),
    ),
    "Jost": Pair(display=_GEOMETRIC, text=_GEOMETRIC),
    "Cormorant": Pair(
        display=Face("Reprise Garalde", "cormorant", "400", SERIF, 95.0, 97.3, 30.2),
        text=_GEOMETRIC,
    ),
}
HOUSE = PAIRS["Marcellus"]  # what the house's own style sheet brings
