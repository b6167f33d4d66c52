"""A photo on the house's ground, in the shape that networks show with a shared link: 1200 by 630."""

from __future__ import annotations

import io

from PIL import Image

SIZE = (1200, 630)
GROUND = (243, 240, 235)  # the library's own, so that no edge of the photo is seen
QUALITY = 85


def drawn(photo: bytes) -> bytes:
    """A JPEG of a picture file of ours."""
    with Image.open(io.BytesIO(photo)) as source:
        shown = source.convert("RGB")
    shown.thumbnail(SIZE, Image.Resampling.LANCZOS)
    ground = Image.new("RGB", SIZE, GROUND)
    ground.paste(shown, ((SIZE[0] - shown.width) // 2, (SIZE[1] - shown.height) // 2))
    written = io.BytesIO()
    ground.save(written, "JPEG", quality=QUALITY)
    return written.getvalue()
