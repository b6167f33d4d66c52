"""The label a carrier scans: its codes are read back from the rendered page, its words from the document."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from marketplace.shipping.label_document import (
    HEIGHT,
    MARGIN,
    WIDTH,
    LabelAddress,
    LabelContents,
    render_label,
)
from marketplace.shipping.label_text import clean

CONTENTS = LabelContents(
    service="Ground, 2 to 5 days",
    tracking_number="9400111899223197428490",
    tracking_url="https://reprise.example/track/9400111899223197428490",
    order_number="R7K2M9QXA",
    ship_by=date(2026, 11, 26),
    sender=LabelAddress("Zoë Müller-Ñandú", ("1200 Rue d’Été", "Apt 4B", "Portland OR 97201")),
    recipient=LabelAddress("Mary-Anne Ó Dálaigh", ("500 Fifth Avenue, Suite 2100", "New York NY 10110")),
    issued_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    notice="Sandbox carrier: this label is not valid as postage.",
)

# Letters the core fonts of PDF lack: they come with a document that carries its fonts.
FURTHER_EAST = replace(
    CONTENTS, recipient=LabelAddress("Łucja Żółć", ("Ελένη Παππά", "Юлия Щукина", "New York NY 10110"))
)

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff " * 20
OVERLONG = replace(
    CONTENTS,
    service="Overnight " * 40,
    order_number="R" * 80,
    tracking_url="https://reprise.example/track/" + "x" * 400,
    sender=LabelAddress(LONG_NAME, ("W" * 300, "a b " * 200, "c/o " + "d" * 90, "Floor 3", "Portland OR 97201")),
    recipient=LabelAddress("M" * 500, ("Avenue " * 60, "e" * 250, "f g " * 90, "Unit 9", "New York NY 10110")),
    notice="Not valid as postage. " * 30,
)
OVERLONG_EAST = replace(OVERLONG, recipient=LabelAddress("Щ" * 500, OVERLONG.recipient.lines))


@cache
def label_of(contents: LabelContents) -> bytes:
    return render_label(contents)


def page_of(contents: LabelContents) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(label_of(contents))
    assert len(document) == 1
    return document[0]


def text_of(contents: LabelContents) -> str:
    return str(page_of(contents).get_textpage().get_text_range())


def words_of(contents: LabelContents) -> str:
    """The text with the line breaks of the layout taken out."""
    return " ".join(text_of(contents).split())


def picture_of(contents: LabelContents, dots_per_inch: int = 203) -> Image.Image:
    image = page_of(contents).render(scale=dots_per_inch / 72).to_pil()
    assert isinstance(image, Image.Image)
    return image


def codes_on(image: Image.Image) -> dict[str, str]:
    return {str(code.format).replace(" ", ""): code.text for code in zxingcpp.read_barcodes(image)}


class TestTheDocument:
    def test_it_is_one_page_of_4_by_6_inches(self) -> None:
        assert page_of(CONTENTS).get_size() == (288, 432) == (4 * 72, 6 * 72)

    def test_it_says_who_sends_what_to_whom(self) -> None:
        text = text_of(CONTENTS)

        for line in (CONTENTS.sender.name, *CONTENTS.sender.lines, CONTENTS.recipient.name, *CONTENTS.recipient.lines):
            assert line in text
        assert text.index("From") < text.index("1200 Rue d’Été") < text.index("Ship to") < text.index("500 Fifth")

    def test_names_in_letters_from_further_east_are_printed(self) -> None:
        text = text_of(FURTHER_EAST)

        for line in (*CONTENTS.sender.lines, FURTHER_EAST.recipient.name, *FURTHER_EAST.recipient.lines):
            assert line in text
        assert b"/FontFile2" in label_of(FURTHER_EAST)
        assert b"/FontFile2" not in label_of(CONTENTS), "a font is carried where it is needed"

    def test_it_says_all_the_carrier_and_the_sender_need(self) -> None:
        words = words_of(CONTENTS)

        for fact in ("Ground, 2 to 5 days", "Prepaid", "Order R7K2M9QXA", "Ship by Thu, Nov 26", "Track this parcel"):
            assert fact in words
        assert CONTENTS.tracking_number in words
        assert CONTENTS.tracking_url in words
        assert CONTENTS.notice in words

    def test_a_day_of_the_next_year_says_so(self) -> None:
        assert "Ship by Sat, Jan 2, 2027" in words_of(replace(CONTENTS, ship_by=date(2027, 1, 2)))

    def test_without_a_notice_nothing_stands_in_its_place(self) -> None:
        assert words_of(replace(CONTENTS, notice="")).endswith(CONTENTS.tracking_url)

    def test_a_date_that_is_not_known_yet_leaves_no_empty_caption(self) -> None:
        words = words_of(replace(CONTENTS, ship_by=None))

        assert "Ship by" not in words
        assert "Order R7K2M9QXA" in words

    def test_the_same_contents_give_the_same_bytes_in_any_process_at_any_time(self) -> None:
        script = (
            "import sys; from tests.shipping.test_label_document import FURTHER_EAST, render_label;"
            "sys.stdout.buffer.write(render_label(FURTHER_EAST))"
        )
        elsewhere = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": "7"},
        )

        assert elsewhere.stdout == render_label(FURTHER_EAST)
        assert b"/CreationDate (D:20261123093000Z)" in elsewhere.stdout, "dated by its issue, not by the clock"

    def test_it_stays_small_enough_to_keep_beside_the_parcel(self) -> None:
        assert len(label_of(CONTENTS)) < 5_000
        assert len(label_of(OVERLONG_EAST)) < 60_000


class TestTheCodes:
    @pytest.mark.parametrize("dots_per_inch", [203, 300])
    @pytest.mark.parametrize(
        "tracking_number",
        ["9400111899223197428490", "SBX7K2M9QXA41", "1Z999AA10123456784", "12345", "ABcd", "X7" * 15],
    )
    def test_both_are_read_from_a_label_printer_s_page(self, tracking_number: str, dots_per_inch: int) -> None:
        url = f"https://reprise.example/track/{tracking_number}"
        contents = replace(CONTENTS, tracking_number=tracking_number, tracking_url=url)

        assert codes_on(picture_of(contents, dots_per_inch)) == {"Code128": tracking_number, "QRCode": url}

    def test_they_are_read_from_a_label_full_of_overlong_text(self) -> None:
        assert codes_on(picture_of(OVERLONG, 300)) == {
            "Code128": OVERLONG.tracking_number,
            "QRCode": OVERLONG.tracking_url,
        }

    def test_the_page_is_read_and_not_remembered(self) -> None:
        """The reader finds nothing where the codes are painted over: what it says comes from the picture."""
        image = picture_of(CONTENTS)
        image.paste("white", (0, image.height * 57 // 100, image.width, image.height))

        assert codes_on(image) == {}

    @pytest.mark.parametrize(
        "tracking_number", ["", "123", "1" * 31, "1234 5678", "1234\n5678", "1234-5678", "ŁÓDŹ1", "1234<b>", "../1234"]
    )
    def test_a_number_no_carrier_uses_is_refused(self, tracking_number: str) -> None:
        with pytest.raises(ValueError, match="4 to 30 letters and figures"):
            replace(CONTENTS, tracking_number=tracking_number)

    def test_an_address_too_long_for_a_printer_is_refused(self) -> None:
        with pytest.raises(ValueError, match="label printer"):
            render_label(replace(CONTENTS, tracking_url="https://reprise.example/" + "x" * 2000))


class TestFitting:
    @pytest.mark.parametrize("contents", [OVERLONG, OVERLONG_EAST], ids=["western", "further east"])
    def test_no_letter_leaves_its_place(self, contents: LabelContents) -> None:
        """Every character lies inside the margins and clear of the two codes' places."""
        text = page_of(contents).get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        drawn = [box for box in boxes if box[2] > box[0] and box[3] > box[1]]

        assert len(drawn) > 500
        for left, bottom, right, top in drawn:
            assert left >= MARGIN - 1
            assert right <= WIDTH - MARGIN + 1
            assert 0 < HEIGHT - top < HEIGHT - bottom < HEIGHT - 8
            from_top = HEIGHT - top
            assert not 246 < from_top < 313, "text on the bar code"
            assert not (from_top > 338 and left < MARGIN + 84), "text on the QR code"

    def test_the_margins_stay_white(self) -> None:
        image = picture_of(OVERLONG, 72).convert("L")
        edges = [(0, 0, WIDTH, 8), (0, HEIGHT - 8, WIDTH, HEIGHT), (0, 0, 8, HEIGHT), (WIDTH - 8, 0, WIDTH, HEIGHT)]

        assert {image.crop(edge).getextrema() for edge in edges} == {(255, 255)}

    def test_a_long_name_never_pushes_the_street_or_the_city_off(self) -> None:
        text = text_of(OVERLONG)

        for line in ("Floor 3", "Portland OR 97201", "Unit 9", "New York NY 10110"):
            assert line in text
        assert "…" in text

    def test_a_name_of_ordinary_length_is_whole_and_large(self) -> None:
        contents = replace(CONTENTS, recipient=LabelAddress("Maria del Carmen Rodríguez-Hernández", ("1 Elm St", "X")))

        assert "Maria del Carmen Rodríguez-Hernández" in words_of(contents)
        assert largest_height(contents, "1 Elm St") > largest_height(OVERLONG, "New York NY 10110") * 1.5

    def test_six_lines_under_a_name_are_refused(self) -> None:
        with pytest.raises(ValueError, match="1 to 5 lines"):
            LabelAddress("Anna", ("1", "2", "3", "4", "5", "6"))
        with pytest.raises(ValueError, match="1 to 5 lines"):
            LabelAddress("Anna", ())

    def test_the_moment_of_issue_needs_a_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            replace(CONTENTS, issued_at=datetime(2026, 11, 23))


@pytest.mark.fault("X03")
class TestTextIsOnlyText:
    HOSTILE = "<script>alert(1)</script> ) Tj /JavaScript (x) ET {{7*7}} **bold** \\"

    def test_markup_and_commands_are_printed_as_they_were_typed(self) -> None:
        contents = replace(CONTENTS, recipient=LabelAddress(self.HOSTILE, (self.HOSTILE, "New York NY 10110")))

        assert words_of(contents).count(self.HOSTILE) == 2

    def test_the_document_holds_no_link_no_script_and_no_form(self) -> None:
        contents = replace(CONTENTS, sender=LabelAddress(self.HOSTILE, (self.HOSTILE,)), notice=self.HOSTILE)
        document = render_label(contents)

        for action in (b"/JavaScript", b"/JS", b"/URI", b"/Annots", b"/AcroForm", b"/EmbeddedFile"):
            assert action not in document

    def test_control_and_direction_characters_are_gone(self) -> None:
        name = "Anna\x00\x07 \u202eevil\u202c\u200b\ud800 Lee\r\n\tBcc: all"
        contents = replace(CONTENTS, recipient=LabelAddress(name, ("1 Elm St", "New York NY 10110")))

        assert "Anna evil Lee Bcc: all" in text_of(contents)

    def test_letters_no_font_has_become_question_marks(self) -> None:
        contents = replace(CONTENTS, recipient=LabelAddress("山田 Hanako", ("1 Elm St", "New York NY 10110")))

        assert "?? Hanako" in text_of(contents)

    @pytest.mark.parametrize(
        ("typed", "printed"),
        [
            ("  two   spaces ", "two spaces"),
            ("line\nbreak\u2028here", "line break here"),
            ("A\u030a", "Å"),
            ("zero\u200bwidth\ufeff", "zerowidth"),
            ("\x00\x1b[31m", "[31m"),
            ("", ""),
        ],
    )
    def test_cleaning_keeps_what_can_be_seen(self, typed: str, printed: str) -> None:
        assert clean(typed) == printed


def largest_height(contents: LabelContents, line: str) -> float:
    """The height in points of the tallest character of a line of the recipient's address."""
    text = page_of(contents).get_textpage()
    start = text.get_text_range().rindex(line)
    boxes = [text.get_charbox(index) for index in range(start, start + len(line))]
    return max(float(top - bottom) for _, bottom, _, top in boxes)
