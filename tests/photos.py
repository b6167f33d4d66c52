"""Pictures made in code for the tests: good ones, poor ones and hostile ones, all small and the same on every run.

``phone_photo()`` is what a test that only needs *a* photo to upload should use; another ``seed`` is another photo.
"""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageDraw, ImageEnhance, ImageFilter

pillow_heif.register_heif_opener()

SECRET = b"<script>alert(document.domain)</script>"

_JPEG_SCAN = b"\xff\xda"
_JPEG_END = b"\xff\xd9"


# --- what the picture shows -----------------------------------------------------------------------------------------


def picture(width: int = 900, height: int = 1200, *, seed: int = 1) -> Image.Image:
    """A bright, sharp still life of plain shapes with stitched edges; each seed arranges it differently."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (226, 220, 210))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        left, top = chance.randint(-width // 8, width), chance.randint(-height // 8, height)
        right, bottom = left + chance.randint(width // 8, width // 2), top + chance.randint(height // 8, height // 2)
        colour = (chance.randint(20, 235), chance.randint(20, 235), chance.randint(20, 235))
        shape = draw.ellipse if chance.random() < 0.5 else draw.rectangle
        shape((left, top, right, bottom), fill=colour, outline=(30, 25, 20), width=max(1, width // 300))
    for x in range(0, width, max(4, width // 60)):
        draw.line((x, height // 2, x + width // 120, height // 2), fill=(250, 248, 240), width=max(1, height // 300))
    return image


def dark_picture(level: float, **size: int) -> Image.Image:
    """The same still life with its light turned down to ``level`` (0 to 1)."""
    return ImageEnhance.Brightness(picture(**size)).enhance(level)


def blurred_picture(radius: float, **size: int) -> Image.Image:
    """The same still life out of focus; the radius of the blur in pixels."""
    return picture(**size).filter(ImageFilter.GaussianBlur(radius))


def cut_out(width: int = 400, height: int = 500) -> Image.Image:
    """A red square on nothing at all."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((width // 4, height // 4, width // 2, height // 2), fill=(200, 30, 30, 255))
    return image


def corner_marked(width: int = 160, height: int = 120) -> Image.Image:
    """White, with its upper left quarter red: shows which way up a picture is."""
    image = Image.new("RGB", (width, height), "white")
    image.paste((220, 20, 20), (0, 0, width // 2, height // 2))
    return image


# --- ordinary files -------------------------------------------------------------------------------------------------


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def jpeg(image: Image.Image | None = None, **options: Any) -> bytes:
    return encoded(image or picture(), "JPEG", **{"quality": 88, **options})


def png(image: Image.Image | None = None, **options: Any) -> bytes:
    return encoded(image or picture(), "PNG", **{"compress_level": 1, **options})


def webp(image: Image.Image | None = None, **options: Any) -> bytes:
    return encoded(image or picture(), "WEBP", **{"method": 0, **options})


def heic(image: Image.Image | None = None, **options: Any) -> bytes:
    """Slow to encode: keep it small."""
    return encoded(image or picture(192, 256), "HEIF", **options)


def phone_photo(seed: int = 1) -> bytes:
    """A JPEG as a phone sends it, with its EXIF and its place; good enough for every threshold of the policy."""
    return jpeg(picture(seed=seed), exif=exif_with_place())


def heavy_photo(seed: int = 1, megabytes: int = 8) -> bytes:
    """The same with so much in it that says nothing: heavy to send, quick to make and to read."""
    photo, idle = phone_photo(seed), b"\xff\xef\xff\xff" + b"\0" * 65_533  # a segment of an application's own
    return photo[:2] + idle * (megabytes * 1024**2 // len(idle) + 1) + photo[2:]


def exif_with_place(orientation: int | None = None) -> bytes:
    """An EXIF block with camera, GPS position and, if asked for, an orientation."""
    exif = Image.Exif()
    exif[0x010F] = "Loupe Phones"
    exif[0x9286] = "taken at home"
    if orientation:
        exif[0x0112] = orientation
    exif[0x8825] = {1: "N", 2: (45.0, 31.0, 23.45), 3: "W", 4: (122.0, 40.0, 30.0), 29: "2026:11:01"}
    return exif.tobytes()


def turned(orientation: int, kind: str = "JPEG") -> bytes:
    """``corner_marked`` with pixels left as they are and an EXIF note of which way up they belong."""
    return encoded(corner_marked(), kind, exif=exif_with_place(orientation))


def wide_gamut_jpeg(colour: tuple[int, int, int]) -> bytes:
    """A flat JPEG whose profile swaps the roles of red and green: colours change only if the profile is heeded."""
    return jpeg(Image.new("RGB", (64, 64), colour), icc_profile=_swapped_profile())


def _swapped_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmpZ").replace(b"gXYZ", b"rXYZ").replace(b"tmpZ", b"gXYZ")


# --- unusual but honest files ---------------------------------------------------------------------------------------


def flat_png(width: int, height: int) -> bytes:
    """White, without the time and memory that drawing it would take: an honest large picture of few bytes."""
    packing, row = zlib.compressobj(1), b"\0" + b"\xff" * width
    packed = b"".join(packing.compress(row) for _ in range(height)) + packing.flush()
    return _png(width, height, depth=8, colour_type=0, packed=packed)


def cmyk_jpeg() -> bytes:
    """Pure red in printing inks."""
    return jpeg(Image.new("CMYK", (64, 64), (0, 255, 255, 0)))


def deep_grey_png() -> bytes:
    """A 16-bit grey ramp: a careless conversion makes all but its darkest 1/256 white."""
    row = b"\0" + b"".join(struct.pack(">H", level * 1024) for level in range(64))
    return _png(64, 64, depth=16, colour_type=0, packed=zlib.compress(row * 64))


def deep_colour_png(colour: tuple[int, int, int]) -> bytes:
    """A flat picture with 16 bits a channel; ``colour`` in 8 bits."""
    row = b"\0" + struct.pack(">HHH", *(level * 257 for level in colour)) * 64
    return _png(64, 64, depth=16, colour_type=2, packed=zlib.compress(row * 64))


def palette_png() -> bytes:
    return png(corner_marked().convert("P", palette=Image.Palette.ADAPTIVE, colors=4))


def stereo_jpeg() -> bytes:
    """A JPEG that carries a second view behind the first, as many phones write."""
    return encoded(corner_marked(), "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60), "blue")])


# --- hostile files --------------------------------------------------------------------------------------------------


def png_claiming(width: int, height: int) -> bytes:
    """A file of some hundred bytes whose header claims any size; so do its siblings below."""
    return _png(width, height, depth=8, colour_type=2, packed=zlib.compress(bytes(1000)))


def jpeg_claiming(width: int, height: int) -> bytes:
    data = jpeg(Image.new("RGB", (16, 16)))
    frame = data.index(b"\xff\xc0") + 5
    return data[:frame] + struct.pack(">HH", height, width) + data[frame + 4 :]


def webp_claiming(width: int, height: int) -> bytes:
    """A lossless WebP whose bitstream claims the size, up to the 16,384 pixels a side that WebP can say."""
    data = webp(Image.new("RGB", (16, 16)), lossless=True)
    size = min(width, 16384) - 1 | (min(height, 16384) - 1) << 14
    bitstream = data.index(b"VP8L") + 9
    return data[:bitstream] + struct.pack("<I", size) + data[bitstream + 4 :]


def heic_claiming(width: int, height: int) -> bytes:
    """A HEIC of 128 × 64 pixels whose size property says otherwise."""
    data = heic(Image.new("RGB", (128, 64)))
    before, after = struct.pack(">II", 128, 64), struct.pack(">II", width, height)
    assert data.count(b"ispe\0\0\0\0" + before) == 1
    return data.replace(b"ispe\0\0\0\0" + before, b"ispe\0\0\0\0" + after)


def jpeg_of_many_scans(scans: int) -> bytes:
    """A progressive JPEG that repeats its last, empty pass: some bytes more a pass, a second each to decode."""
    data = jpeg(Image.new("L", (256, 256)), progressive=True)
    last_scan = data[data.rindex(_JPEG_SCAN) : -len(_JPEG_END)]
    return data[: -len(_JPEG_END)] + last_scan * (scans - data.count(_JPEG_SCAN)) + _JPEG_END


def film_behind_jpeg() -> bytes:
    """An honest JPEG with a film stored after its end, in which bytes that look like scans occur by chance."""
    return jpeg(corner_marked()) + b"\0\x02" + (_JPEG_SCAN + b"\0\x06film") * 500


def polyglot(data: bytes) -> bytes:
    """The picture with a script behind it, which some programs would run."""
    return data + b"PK\x03\x04" + SECRET


def svg() -> bytes:
    return b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def gif() -> bytes:
    return encoded(corner_marked(), "GIF")


def animated(kind: str) -> bytes:
    """Two frames as PNG, WEBP or GIF."""
    frames = [corner_marked(), corner_marked().rotate(180)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=200)


def heic_sequence() -> bytes:
    """A HEIC that calls itself a sequence."""
    return heic(corner_marked()).replace(b"ftypheic", b"ftyphevc", 1)


def truncated(data: bytes) -> bytes:
    """The first two thirds, as a dropped connection leaves them."""
    return data[: len(data) * 2 // 3]


def damaged(data: bytes, *, times: int, seed: int = 1) -> Iterator[bytes]:
    """The file again and again, each time with some bytes changed, dropped or doubled."""
    chance = random.Random(seed)
    for _ in range(times):
        wrong = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(wrong))
            match chance.randrange(3):
                case 0:
                    wrong[at] = chance.randrange(256)
                case 1:
                    del wrong[at : at + chance.randint(1, 40)]
                case _:
                    wrong[at:at] = wrong[at : at + chance.randint(1, 40)]
        yield bytes(wrong)


def _png(width: int, height: int, *, depth: int, colour_type: int, packed: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
