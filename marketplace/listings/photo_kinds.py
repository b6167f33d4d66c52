"""What kind of picture the first bytes announce. The name and the declared type of an upload are never looked at."""

from __future__ import annotations

import re
from typing import Literal

from marketplace.listings.photo_refusals import PhotoAnimated, PhotoNotAnImage, PhotoTooIntricate, PhotoUnsupported

Kind = Literal["JPEG", "PNG", "WEBP", "HEIF"]

MOST_SCANS = 40  # encoders write about ten; each further one costs a pass over every pixel

_HEIC_STILL = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
_HEIC_MOVING = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_REFUSED_STARTS = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"8BPS": "Photoshop",
    b"\0\0\1\0": "ICO",
    b"%PDF": "PDF",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
    b"\xff\x4f\xff\x51": "JPEG 2000",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\xff\x0a": "JPEG XL",
}
_SVG = re.compile(rb"<(?:[a-z]+:)?svg[\s>]", re.IGNORECASE)

_JPEG_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # stuffed zeros, fill bytes and restarts are not segments
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
_WITHOUT_LENGTH = {0x01, 0xD8}


def kind_of(data: bytes) -> Kind:
    """The one reader that may open these bytes.

    Raises ``PhotoUnsupported`` for a picture of another kind, ``PhotoAnimated`` for a HEIC sequence and
    ``PhotoNotAnImage`` for anything else.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp":
        return _kind_of_container(data[8:12])
    for start, kind in _REFUSED_STARTS.items():
        if data.startswith(start):
            raise PhotoUnsupported(kind)
    if _SVG.search(data[:4096]):
        raise PhotoUnsupported("SVG")
    raise PhotoNotAnImage()


def _kind_of_container(brand: bytes) -> Kind:
    if brand in _HEIC_STILL:
        return "HEIF"
    if brand in _HEIC_MOVING:
        raise PhotoAnimated()
    if brand in (b"avif", b"avis"):
        raise PhotoUnsupported("AVIF")
    raise PhotoNotAnImage()


def check_jpeg_scans(data: bytes) -> None:
    """Raise ``PhotoTooIntricate`` where a JPEG announces more than ``MOST_SCANS`` passes over its pixels.

    The walk follows the segments, so that a film or a preview stored inside or after the picture does not count.
    """
    at, scans = 2, 0
    while (found := _JPEG_MARKER.search(data, at)) and found[1][0] != _END_OF_IMAGE:
        at = found.end()
        if found[1][0] not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2])
        scans += found[1][0] == _START_OF_SCAN
        if scans > MOST_SCANS:
            raise PhotoTooIntricate()
