"""The picture that goes with a piece where its link is shared, made from its first photograph."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.utils import import_string

from marketplace.errors import NotFound
from marketplace.listings import piece
from marketplace.listings.photos import photo_store
from marketplace.listings.prepared_photos import photo_key
from marketplace.permissions import public

bp = Blueprint("social", __name__)

ENOUGH = 504  # pixels wide: as high as the picture that is made, at 4 by 5

_ONE = piece.statement()


@bp.get("/social/<number>.jpg")
@public
def picture(number: str) -> ResponseReturnValue:
    """Of a public piece alone."""
    piece.read(_ONE, number)
    first = next((shown for shown in piece.pictures_of(number) if shown.key and shown.widths), None)
    if first is None:
        raise NotFound()
    answer = Response(_drawn(photo_key(str(first.key), _width(first.widths or []))), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _width(widths: list[int]) -> int:
    """The smallest copy that is large enough."""
    enough = [int(width) for width in widths if int(width) >= ENOUGH]
    return min(enough) if enough else max(int(width) for width in widths)


@lru_cache(maxsize=32)  # a link that is shared is asked for by every network at once
def _drawn(key: str) -> bytes:
    # The picture library is seven megabytes: only where a picture is made.
    made: bytes = import_string("marketplace.listings.photo_sharing:drawn")(photo_store().get(key))
    return made
