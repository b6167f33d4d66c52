"""What people type: one normal form, no invisible tricks."""

from __future__ import annotations

import pytest
import wtforms
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from marketplace.text import PlainText, TextRefused, TextTooLong, clean_text, spreadsheet_cell


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Zoë   Ng ", "Zoë Ng"),
        ("Zoe\u0308", "Zoë"),
        ("a\tb\u00a0c", "a b c"),
        ("\U0001f469\u200d\U0001f469\u200d\U0001f467 hi", "\U0001f469\u200d\U0001f469\u200d\U0001f467 hi"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("Nguyễn", "Nguyễn"),
        ("   ", ""),
        ("\u3164\u2800", ""),
        ("\u200d\u200d", ""),
        ("{{7*7}} <b>", "{{7*7}} <b>"),
    ],
)
def test_text_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert clean_text(typed, 80) == kept


@pytest.mark.fault("X12")
@pytest.mark.parametrize(
    "typed",
    [
        "a\x00b", "a\x1b[31m", "a\nb", "a\r\nBcc: b", "a\u2028b", "\ud800", "a\ufffd", "\u202egpj.exe", "\u2066a",
        "a\u200e", "a\u200bb", "\ufeffa", "soft\u00adhyphen", "e" + "\u0301" * 6, "\U000e0041", "\ue000",
    ],
)  # fmt: skip
def test_what_hides_or_breaks_is_refused(typed: str) -> None:
    with pytest.raises(TextRefused):
        clean_text(typed, 80)


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert clean_text(" one \r\n\n\n\n two\n", 80, lines=True) == "one\n\ntwo"
    with pytest.raises(TextRefused):
        clean_text("one\x0btwo", 80, lines=True)


def test_the_length_counts_what_is_kept() -> None:
    assert clean_text("e\u0301" * 80, 80) == "é" * 80
    with pytest.raises(TextTooLong, match="80"):
        clean_text("x" * 81, 80)
    with pytest.raises(TextTooLong):
        clean_text("\u0301" * 10_000_000, 80)


@given(st.text(max_size=60))
def test_cleaning_twice_is_cleaning_once(typed: str) -> None:
    try:
        once = clean_text(typed, 80, lines=True)
    except TextRefused:
        return
    assert clean_text(once, 80, lines=True) == once
    assert len(once) <= 80
    assert once.encode("utf-8").decode("utf-8") == once


class Form(wtforms.Form):
    title = wtforms.StringField(validators=[PlainText(10, min_length=3)])
    words = wtforms.TextAreaField(validators=[PlainText(20, required=False, lines=True)])


def filled(**fields: str) -> Form:
    form = Form(MultiDict(fields))
    form.validate()
    return form


def test_a_field_holds_the_clean_text() -> None:
    form = filled(title="  Zoe\u0308  N ", words="a\r\nb")

    assert not form.errors
    assert (form.title.data, form.words.data) == ("Zoë N", "a\nb")


@pytest.mark.parametrize("title", ["", "  ", "ab", "x" * 11, "a\u202eb", "\u200d\u200d\u200d"])
def test_a_field_says_what_is_wrong(title: str) -> None:
    form = filled(title=title)

    assert list(form.errors) == ["title"]
    assert len(form.errors["title"]) == 1


@pytest.mark.fault("X05")
@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(value: str) -> None:
    assert spreadsheet_cell(value) == "'" + value
    assert spreadsheet_cell("a" + value) == "a" + value
    assert spreadsheet_cell(12) == "12"


def test_a_refused_answer_comes_back_as_far_as_a_page_can_show_it() -> None:
    assert filled(title="a\x00b\ud800c").title.data == "abc"
