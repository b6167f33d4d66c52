"""The checker of pages finds what it must; without these tests a page's silence would prove nothing."""

from __future__ import annotations

import pytest

from tests.html import faults_of

SOUND = """<!doctype html><html lang="en"><head><title>Bag</title></head><body><h1>Bag</h1>{}</body></html>"""


def test_a_sound_page_passes() -> None:
    form = (
        '<form id="sign-in" method="post"><input type="hidden" name="csrf_token" value="t">'
        '<label for="email">E-mail</label><input id="email" name="email"><button>Sign in</button></form>'
    )
    assert faults_of(SOUND.format(form)) == ()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p><div></p></div>", "line 1"),
        ('<i id="a"></i><i id="a"></i>', "the id 'a' is there 2 times"),
        ("<h1>Second</h1>", "2 headings"),
        ('<p style="color: red">x</p>', "a style of its own"),
        ("<script>1</script>", "a script of its own"),
        ('<p onclick="x">x</p>', "onclick handler"),
        ('<form id="pay" method="post"></form>', "posts without a token"),
        ('<form id="pay" method="post"><input name="csrf_token" type="hidden" value=""></form>', "without a token"),
        ('<form method="get"></form>', "has no id"),
        ('<form id="find"><input name="csrf_token" type="hidden" value="t"></form>', "token into the address"),
        ('<input name="email">', "has no label"),
        ('<img src="bag.webp">', "has no alt"),
        ('<a href="/bag"></a>', "says nothing"),
        ('<a href="#gone">x</a>', "#gone points nowhere"),
        ('<label for="gone">x</label>', "for='gone' points nowhere"),
    ],
)
def test_a_fault_is_found(body: str, fault: str) -> None:
    assert fault in " ".join(faults_of(SOUND.format(body)))


def test_a_page_without_title_or_language_is_found() -> None:
    assert {"the page has no title", "the page names no language"} <= set(
        faults_of("<!doctype html><html><head><title> </title></head><body><h1>x</h1></body></html>")
    )
