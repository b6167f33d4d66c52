"""What differs from visitor to visitor in a page that is otherwise one for all: left open, then filled.

A page is written with holes where ``leaving_open`` says so, kept, and filled for each visitor as it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g, has_app_context
from flask_wtf.csrf import generate_csrf

# No text that comes from outside has such signs in it: see protection.
TOKEN, BAG = "\x02token\x03", "\x02bag\x03"


def init_app(app: Flask) -> None:
    """Have templates leave the token of their forms open where the page is kept."""
    app.jinja_env.globals["csrf_token"] = lambda: TOKEN if are_left_open() else generate_csrf()


def are_left_open() -> bool:
    return has_app_context() and bool(g.get("leaves_open"))


@contextmanager
def leaving_open() -> Iterator[None]:
    """Write what is rendered within for everybody."""
    g.leaves_open = True
    try:
        yield
    finally:
        g.leaves_open = False


def filled(page: str, *, bag_count: int) -> str:
    """The page for one visitor; a token is made only where the page asks for one."""
    page = page.replace(BAG, str(bag_count))
    return page.replace(TOKEN, generate_csrf()) if TOKEN in page else page
