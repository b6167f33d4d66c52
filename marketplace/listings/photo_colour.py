"""Any pixels a reader hands over, as plain 8-bit sRGB without transparency."""

from __future__ import annotations

import io
from contextlib import suppress

from PIL import Image, ImageCms

GROUND = (0xF3, 0xF0, 0xEB)  # a cut-out lies on the same ground as the house's own pictures

_OPAQUE = {"L", "RGB", "CMYK"}
_SRGB = ImageCms.createProfile("sRGB")


def widen(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be resized and colour-managed: L, RGB, RGBA or CMYK."""
    if image.mode.startswith("I;16"):
        # A plain conversion would clip everything above 255 to white.
        return image.point(lambda level: level * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in _OPAQUE else image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A widened picture in the colours of the screen, mode RGB, laid on the ground where it is transparent.

    A profile that is damaged or made for another kind of picture is passed over: the colours are then a little off,
    and the photo is still the member's own.
    """
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            image = _through(image, profile)
    if image.mode == "RGBA":
        ground = Image.new("RGB", image.size, GROUND)
        ground.paste(image, mask=image.getchannel("A"))
        return ground
    return image.convert("RGB")


def _through(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = "RGBA" if image.mode == "RGBA" else "RGB"
    converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode=target)
    return converted or image
