"""Untrusted bytes become clean pixels or a refusal that names the reason (X01)."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from marketplace.listings.photo_colour import GROUND
from marketplace.listings.photo_kinds import MOST_SCANS
from marketplace.listings.photo_measures import PhotoLimits
from marketplace.listings.photo_reading import CleanPhoto, read_photo
from marketplace.listings.photo_refusals import (
    PhotoAnimated,
    PhotoBroken,
    PhotoEmpty,
    PhotoNotAnImage,
    PhotoRefused,
    PhotoTooIntricate,
    PhotoTooLarge,
    PhotoTooManyPixels,
    PhotoUnsupported,
)
from tests import photos

pytestmark = [
    pytest.mark.fault("X01"),
    # The reader itself sets this for the process; the test runner resets filters for every test.
    pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning"),
]

ROOT = Path(__file__).parents[2]
LIMITS = PhotoLimits(megabytes=20, megapixels=50)

BOMBS: dict[str, Callable[[int, int], bytes]] = {
    "png": photos.png_claiming,
    "jpeg": photos.jpeg_claiming,
    "webp": photos.webp_claiming,
    "heic": photos.heic_claiming,
}


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The formats of the files whose pixels were decoded during the test."""
    seen: list[str] = []
    load = ImageFile.ImageFile.load

    def watched(self: ImageFile.ImageFile) -> object:
        seen.append(str(self.format))
        return load(self)

    monkeypatch.setattr(ImageFile.ImageFile, "load", watched)
    return seen


class TestOrdinaryFiles:
    @pytest.mark.parametrize("encode", [photos.jpeg, photos.png, photos.webp, photos.heic])
    def test_each_accepted_kind_becomes_the_same_plain_picture(
        self, encode: Callable[[Image.Image], bytes], decoded: list[str]
    ) -> None:
        photo = read_photo(encode(photos.corner_marked()), LIMITS)

        assert (photo.image.mode, photo.image.size, photo.uploaded_size) == ("RGB", (160, 120), (160, 120))
        assert near(photo.image.getpixel((40, 30)), (220, 20, 20))
        assert near(photo.image.getpixel((120, 90)), (255, 255, 255))
        assert decoded, "the watch on decoding sees an ordinary photo being decoded"

    def test_a_large_photo_is_reduced_to_the_master_size(self) -> None:
        wide = read_photo(photos.jpeg(Image.new("RGB", (4000, 2000))), LIMITS)
        tall = read_photo(photos.jpeg(Image.new("RGB", (2000, 4000))), LIMITS)

        assert (wide.image.size, wide.uploaded_size) == ((1600, 800), (4000, 2000))
        assert (tall.image.size, tall.uploaded_size) == ((750, 1500), (2000, 4000))

    def test_a_small_photo_is_never_enlarged(self) -> None:
        assert read_photo(photos.png(Image.new("RGB", (40, 30))), LIMITS).image.size == (40, 30)

    def test_a_strip_of_one_pixel_keeps_at_least_one_pixel(self) -> None:
        assert read_photo(photos.png(Image.new("RGB", (9000, 1))), LIMITS).image.size == (1600, 1)

    def test_the_first_view_of_a_stereo_photo_is_the_photo(self) -> None:
        assert read_photo(photos.stereo_jpeg(), LIMITS).image.size == (160, 120)

    @pytest.mark.parametrize("orientation", range(1, 9))
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_the_photo_stands_as_it_was_taken(self, orientation: int, kind: str) -> None:
        upright = read_photo(photos.turned(orientation, kind), LIMITS)

        assert upright.image.size == upright.uploaded_size == ((160, 120) if orientation < 5 else (120, 160))
        corner = {1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}[orientation]
        assert red_corner(upright.image) == corner

    def test_a_turned_large_photo_keeps_to_the_master_size_once_upright(self) -> None:
        stored = photos.jpeg(Image.new("RGB", (3100, 2000)), exif=photos.exif_with_place(6))

        photo = read_photo(stored, LIMITS)

        assert (photo.uploaded_size, photo.image.size) == ((2000, 3100), (968, 1500))

    def test_a_turned_heic_stands_upright(self) -> None:
        photo = read_photo(photos.heic(photos.corner_marked(), exif=photos.exif_with_place(6)), LIMITS)

        assert (photo.image.size, red_corner(photo.image)) == ((120, 160), "tr")


class TestColour:
    def test_printing_inks_become_screen_colours(self) -> None:
        assert near(middle(photos.cmyk_jpeg()), (255, 0, 0))

    def test_sixteen_bit_grey_keeps_its_shades(self) -> None:
        image = read_photo(photos.deep_grey_png(), LIMITS).image

        assert [image.getpixel((x, 5)) for x in (0, 16, 32, 63)] == [(4 * x,) * 3 for x in (0, 16, 32, 63)]

    def test_sixteen_bit_colour_keeps_its_colour(self) -> None:
        assert middle(photos.deep_colour_png((200, 100, 50))) == (200, 100, 50)

    def test_a_palette_is_resolved(self) -> None:
        assert red_corner(read_photo(photos.palette_png(), LIMITS).image) == "tl"

    @pytest.mark.parametrize("kind", ["PNG", "WEBP"])
    def test_a_cut_out_lies_on_the_ground(self, kind: str) -> None:
        image = read_photo(photos.encoded(photos.cut_out(), kind), LIMITS).image

        assert near(image.getpixel((2, 2)), GROUND)
        assert near(image.getpixel((150, 180)), (200, 30, 30))

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P"])
    def test_every_mode_of_png_becomes_rgb(self, mode: str) -> None:
        assert middle(photos.png(Image.new("RGBA", (32, 32), "white").convert(mode))) == (255, 255, 255)

    def test_a_colour_profile_is_heeded_and_left_behind(self) -> None:
        photo = read_photo(photos.wide_gamut_jpeg((200, 40, 40)), LIMITS)

        assert near(photo.image.getpixel((32, 32)), (40, 200, 40), within=12)
        assert photo.image.info == {}

    def test_a_broken_colour_profile_is_passed_over(self) -> None:
        photo = photos.jpeg(Image.new("RGB", (64, 64), (200, 40, 40)), icc_profile=b"no profile at all")

        assert near(middle(photo), (200, 40, 40))


class TestNothingButPixels:
    def test_place_and_camera_are_gone(self) -> None:
        upload = photos.jpeg(photos.corner_marked(), exif=photos.exif_with_place())
        assert Image.open(io.BytesIO(upload)).getexif().get_ifd(0x8825), "the upload carries a place"

        image = read_photo(upload, LIMITS).image

        assert dict(image.getexif()) == {}
        assert image.info == {}

    @pytest.mark.parametrize("encode", [photos.jpeg, photos.png, photos.webp])
    def test_bytes_behind_the_picture_are_gone(self, encode: Callable[[Image.Image], bytes]) -> None:
        honest = encode(photos.corner_marked())

        photo = read_photo(photos.polyglot(honest), LIMITS)

        assert photo.image.tobytes() == read_photo(honest, LIMITS).image.tobytes()
        assert photos.SECRET not in photos.webp(photo.image)


class TestRefusals:
    @pytest.mark.parametrize(
        ("upload", "refusal"),
        [
            pytest.param(b"", PhotoEmpty, id="0 bytes"),
            pytest.param(b"\0" * 4096, PhotoNotAnImage, id="zeros"),
            pytest.param(b"A picture of a bag, in words.", PhotoNotAnImage, id="text"),
            pytest.param(b"MZ\x90\0" + b"\0" * 400, PhotoNotAnImage, id="program"),
            pytest.param(b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", PhotoNotAnImage, id="film"),
            pytest.param(b"\xff\xd8\xff", PhotoBroken, id="three bytes of a JPEG"),
            pytest.param(photos.svg(), PhotoUnsupported, id="SVG"),
            pytest.param(photos.gif(), PhotoUnsupported, id="GIF"),
            pytest.param(photos.animated("GIF"), PhotoUnsupported, id="animated GIF"),
            pytest.param(photos.encoded(photos.corner_marked(), "BMP"), PhotoUnsupported, id="BMP"),
            pytest.param(photos.encoded(photos.corner_marked(), "TIFF"), PhotoUnsupported, id="TIFF"),
            pytest.param(photos.encoded(photos.corner_marked(), "AVIF"), PhotoUnsupported, id="AVIF"),
            pytest.param(b"%PDF-1.7\n", PhotoUnsupported, id="PDF"),
            pytest.param(photos.animated("PNG"), PhotoAnimated, id="animated PNG"),
            pytest.param(photos.animated("WEBP"), PhotoAnimated, id="animated WebP"),
            pytest.param(photos.heic_sequence(), PhotoAnimated, id="HEIC sequence"),
            pytest.param(photos.jpeg_of_many_scans(MOST_SCANS + 1), PhotoTooIntricate, id="JPEG of many scans"),
        ],
    )
    def test_it_is_refused_by_name_before_decoding(
        self, upload: bytes, refusal: type[PhotoRefused], decoded: list[str]
    ) -> None:
        with pytest.raises(PhotoRefused) as refused:
            read_photo(upload, LIMITS)

        assert type(refused.value) is refusal
        assert decoded == []

    @pytest.mark.parametrize("encode", [photos.jpeg, photos.png, photos.webp, photos.heic])
    def test_a_truncated_photo_is_refused(self, encode: Callable[[Image.Image], bytes]) -> None:
        with pytest.raises(PhotoBroken):
            read_photo(photos.truncated(encode(photos.picture(192, 256))), LIMITS)

    def test_every_refusal_has_its_own_words(self) -> None:
        def words(upload: bytes, limits: PhotoLimits = LIMITS) -> str:
            with pytest.raises(PhotoRefused) as refused:
                read_photo(upload, limits)
            assert refused.value.status == 422
            return str(refused.value.message)

        assert words(b"") == "This file is empty. Choose the photo again."
        assert words(bytes(2_000_000), PhotoLimits(1, 50)) == "This photo is larger than 1 MB. Send a smaller copy."
        assert words(photos.png_claiming(9000, 9000)) == (
            "This photo has more than 50 megapixels. Send a smaller copy."
        )
        assert words(b"text") == "This file is not a photo. Use a JPEG, PNG, WebP or HEIC file."
        assert words(photos.svg()) == "SVG files cannot be used. Use a JPEG, PNG, WebP or HEIC file."
        assert words(photos.animated("PNG")) == "This picture moves. Use a still photo."
        assert words(photos.truncated(photos.jpeg())) == (
            "This photo is damaged or incomplete. Send the original again."
        )
        assert words(photos.jpeg_of_many_scans(500)) == (
            "This photo is stored in an unusual way. Save it again as a plain JPEG and send that copy."
        )

    def test_the_name_and_declared_type_never_count(self) -> None:
        """A PNG is read as a PNG whatever it was called; only bytes are ever handed over."""
        assert read_photo(photos.png(photos.corner_marked()), LIMITS).image.size == (160, 120)

    @pytest.mark.parametrize("encode", [photos.jpeg, photos.png, photos.webp, photos.heic])
    def test_damaged_bytes_give_a_photo_or_a_refusal_and_nothing_else(
        self, encode: Callable[[Image.Image], bytes]
    ) -> None:
        whole = encode(photos.picture(48, 64))
        outcomes: set[type] = set()
        for wrong in photos.damaged(whole, times=120):
            try:
                outcomes.add(type(read_photo(wrong, PhotoLimits(1, 1))))
            except PhotoRefused as refused:
                outcomes.add(type(refused))

        assert PhotoBroken in outcomes
        assert all(issubclass(outcome, PhotoRefused | CleanPhoto) for outcome in outcomes)


class TestLimits:
    def test_one_byte_decides(self) -> None:
        upload = photos.jpeg(photos.corner_marked())
        limits = PhotoLimits(megabytes=1, megapixels=50)

        assert read_photo(upload.ljust(limits.max_bytes, b"\0"), limits).image.size == (160, 120)
        with pytest.raises(PhotoTooLarge):
            read_photo(upload.ljust(limits.max_bytes + 1, b"\0"), limits)

    def test_one_row_of_pixels_decides(self) -> None:
        limits = PhotoLimits(megabytes=20, megapixels=1)

        assert read_photo(photos.png(Image.new("L", (1000, 1000))), limits).uploaded_size == (1000, 1000)
        with pytest.raises(PhotoTooManyPixels):
            read_photo(photos.png(Image.new("L", (1000, 1001))), limits)

    @pytest.mark.parametrize("kind", BOMBS)
    @pytest.mark.parametrize(("width", "height"), [(8000, 7000), (12000, 12000), (16000, 16000), (60000, 60000)])
    def test_a_bomb_is_refused_by_its_header(self, kind: str, width: int, height: int, decoded: list[str]) -> None:
        bomb = BOMBS[kind](width, height)
        times = []
        for _ in range(3):
            started = time.perf_counter()
            with pytest.raises(PhotoTooManyPixels):
                read_photo(bomb, LIMITS)
            times.append(time.perf_counter() - started)

        assert decoded == []
        assert min(times) < 0.05

    def test_bombs_cost_no_memory(self, tmp_path: Path) -> None:
        """Measured in a process of its own, where an honest photo of 49 megapixels is the control."""
        for kind, claim in BOMBS.items():
            for side in (8000, 16000, 60000):
                (tmp_path / f"{side}.{kind}.bomb").write_bytes(claim(side, side))
        (tmp_path / "honest").write_bytes(photos.flat_png(7000, 7000))
        command = [sys.executable, "-c", MEASURE, str(tmp_path)]
        measured = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)

        refused, bombs, control = map(int, measured.stdout.split())
        assert refused == 12
        assert bombs < 16
        assert control > 40

    def test_a_heic_that_lies_about_its_size_is_not_decoded_at_its_true_size(self) -> None:
        with pytest.raises(PhotoBroken):
            read_photo(photos.heic_claiming(64, 64), LIMITS)

    def test_a_jpeg_may_have_as_many_scans_as_encoders_write(self) -> None:
        assert read_photo(photos.jpeg_of_many_scans(MOST_SCANS), LIMITS).image.size == (256, 256)

    def test_a_film_stored_behind_a_jpeg_is_not_counted_as_scans(self) -> None:
        assert read_photo(photos.film_behind_jpeg(), LIMITS).image.size == (160, 120)

    @pytest.mark.parametrize(("megabytes", "megapixels"), [(0, 50), (20, 0), (20, 81), (-1, 50)])
    def test_limits_that_protect_nothing_are_refused(self, megabytes: int, megapixels: int) -> None:
        with pytest.raises(ValueError, match="photo limits"):
            PhotoLimits(megabytes, megapixels)


MEASURE = """
import re, sys
from pathlib import Path
from marketplace.listings.photo_measures import PhotoLimits
from marketplace.listings.photo_reading import read_photo
from marketplace.listings.photo_refusals import PhotoTooManyPixels

def peak():  # megabytes of this process alone; getrusage would count its parent's too
    return int(re.search(r"VmHWM:\\s+([0-9]+) kB", Path("/proc/self/status").read_text())[1]) // 1024

Path("/proc/self/clear_refs").write_text("5")  # forget the peak of starting up
refused, before = 0, peak()
for bomb in Path(sys.argv[1]).glob("*.bomb"):
    try:
        read_photo(bomb.read_bytes(), PhotoLimits(20, 50))
    except PhotoTooManyPixels:
        refused += 1
after_bombs = peak()
read_photo((Path(sys.argv[1]) / "honest").read_bytes(), PhotoLimits(20, 50))
print(refused, after_bombs - before, peak() - after_bombs)
"""


def middle(upload: bytes) -> object:
    image = read_photo(upload, LIMITS).image
    return image.getpixel((image.width // 2, image.height // 2))


def near(seen: object, wanted: tuple[int, int, int], *, within: int = 8) -> bool:
    assert isinstance(seen, tuple)
    return all(abs(a - b) <= within for a, b in zip(seen, wanted, strict=True))


def red_corner(image: Image.Image) -> str:
    places = {"tl": (0.25, 0.25), "tr": (0.75, 0.25), "bl": (0.25, 0.75), "br": (0.75, 0.75)}
    points = {name: image.getpixel((int(image.width * x), int(image.height * y))) for name, (x, y) in places.items()}
    (red,) = [name for name, colour in points.items() if near(colour, (220, 20, 20), within=12)]
    return red
