"""The picture that goes with a piece where its link is shared: its photo on the house's ground, 1200 by 630."""

from __future__ import annotations

import io
from functools import lru_cache

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from PIL import Image

from marketplace.errors import NotFound
from marketplace.listings import piece
from marketplace.listings.photos import photo_store
from marketplace.listings.prepared_photos import photo_key
from marketplace.permissions import public

bp = Blueprint("social", __name__)

SIZE = (1200, 630)
GROUND = (243, 240, 235)  # the library's own, so that no edge of the photo is seen
QUALITY = 85

_ONE = piece.statement()


@bp.get("/social/<number>.jpg")
@public
def picture(number: str) -> ResponseReturnValue:
    """Made from the first photograph of a public piece."""
    piece.read(_ONE, number)
    first = next((shown for shown in piece.pictures_of(number) if shown.key and shown.widths), None)
    if first is None:
        raise NotFound()
    answer = Response(_drawn(photo_key(str(first.key), _width(first.widths or []))), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _width(widths: list[int]) -> int:
    """The smallest copy that is as high as the picture: 4 by 5."""
    enough = [int(width) for width in widths if int(width) * 5 >= SIZE[1] * 4]
    return min(enough) if enough else max(int(width) for width in widths)


@lru_cache(maxsize=32)  # a link that is shared is asked for by every network at once
def _drawn(key: str) -> bytes:
    with Image.open(io.BytesIO(photo_store().get(key))) as source:
        photo = source.convert("RGB")
    photo.thumbnail(SIZE, Image.Resampling.LANCZOS)
    ground = Image.new("RGB", SIZE, GROUND)
    ground.paste(photo, ((SIZE[0] - photo.width) // 2, (SIZE[1] - photo.height) // 2))
    written = io.BytesIO()
    ground.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
