"""What one request asks of the database and answers, taken down so that a bare twin can do the same."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import Flask
from markupsafe import Markup

from marketplace.database import db

# What a page says: the values of attributes, and the texts between tags. All else is the template's own.
_SAID = re.compile(r'(?<==")[^"{}%#]+(?=")|(?<=>)[^<>{}%#]*[^\s<>{}%#][^<>{}%#]*(?=<)')


@dataclass(frozen=True)
class Statement:
    """One statement as it went to the driver."""

    text: str
    parameters: Any


@dataclass
class Recording:
    """One request: its statements in their order, and its answer."""

    statements: list[Statement] = field(default_factory=list)
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: str = ""


@contextmanager
def statements_of(app: Flask) -> Iterator[list[Statement]]:
    """Every statement that this process sends to the application's database within."""
    taken: list[Statement] = []

    def take(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: bool) -> None:
        taken.append(Statement(text, parameters))

    with app.app_context():
        engine = db.engine
    sa.event.listen(engine, "before_cursor_execute", take)
    try:
        yield taken
    finally:
        sa.event.remove(engine, "before_cursor_execute", take)


def as_template(page: str) -> tuple[str, list[str]]:
    """A page as a Jinja template that writes every attribute and text from a list of values, and those values."""
    values: list[str] = []

    def take(found: re.Match[str]) -> str:
        values.append(str(Markup(found[0]).unescape()))
        return f"{{{{ said[{len(values) - 1}] }}}}"

    head, main, rest = page.partition("<main")
    template = _SAID.sub(take, rest)
    return f"{{% raw %}}{head}{{% endraw %}}{main}{template}", values


def save(recordings: list[Recording], path: Path) -> None:
    path.write_bytes(pickle.dumps(recordings))


def load(path: Path) -> list[Recording]:
    found: list[Recording] = pickle.loads(path.read_bytes())
    return found
