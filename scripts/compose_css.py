"""Join the style sheet's parts, in the order of their names, into the one file that is served.

    .venv/bin/python scripts/compose_css.py

The joined file is committed, so that serving needs no build step; a test refuses one that is out of date.
"""

from __future__ import annotations

import re
from pathlib import Path

CSS = Path(__file__).resolve().parent.parent / "static" / "css"
SERVED = CSS / "reprise.css"


def _tight(text: str) -> str:
    """The same rules without comments, line breaks and idle spaces; quoted text stays as it is."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    pieces = re.split(r'("[^"]*")', text)
    for index in range(0, len(pieces), 2):
        piece = re.sub(r"\s+", " ", pieces[index])
        piece = re.sub(r"\s*([{};,>])\s*", r"\1", piece)
        pieces[index] = re.sub(r":\s+", ":", piece).replace(";}", "}")
    return "".join(pieces).strip()


def composed() -> str:
    """The whole style sheet: every part, tightened, one a line."""
    return "".join(f"{_tight(part.read_text())}\n" for part in sorted((CSS / "parts").glob("*.css")))


if __name__ == "__main__":
    SERVED.write_text(composed())
