"""The checker of pages finds what it must; without these tests a page's silence would prove nothing."""

from __future__ import annotations

import pytest

from tests.html import faults_of

SOUND = """<!doctype html><html lang="en"><head><title>Bag</title></head><body><h1>Bag</h1>{}</body></html>"""


IN_MAIN = "<main>{}</main>"
FORM = (
    '<form id="sign-in" method="post"><input type="hidden" name="csrf_token" value="t">'
    '<label for="email">E-mail</label><input id="email" name="email"><button>Sign in</button></form>'
)


@pytest.mark.parametrize("place", ["{}", IN_MAIN])
def test_a_sound_page_passes(place: str) -> None:
    assert faults_of(SOUND.format(place.format(FORM))) == ()


@pytest.mark.parametrize("place", ["{}", IN_MAIN, FORM + IN_MAIN])
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
def test_a_fault_is_found(body: str, fault: str, place: str) -> None:
    assert faults_of(SOUND.format(place.format(""))) == ()
    assert fault in " ".join(faults_of(SOUND.format(place.format(body))))


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<div><main></main>", "one-end-tag"),
        ("<main><b>x</main>", "end-tag"),
        ("<main></main></main>", "end-tag"),
        ("<main></div></main>", "end-tag"),
        ('<i id="a"></i><main><i id="a"></i></main>', "the id 'a' is there 2 times"),
        ("<main><h1>Second</h1></main>", "2 headings"),
        ('<a href="#a">x</a><main></main>', "#a points nowhere"),
        ('<label for="a">x</label><main><input id="b"></main>', "for='a' points nowhere"),
        ("<main><body></main>", "unexpected-start-tag"),
    ],
)
def test_a_fault_between_the_main_part_and_what_is_around_it_is_found(body: str, fault: str) -> None:
    assert fault in " ".join(faults_of(SOUND.format(body)))


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        ('<button class="a">Buy</button>', '<button class="b"> </button>'),
        ('<i id="L00000001" data-id="L00000001"></i><a href="#L00000001">x</a>', ""),
        ("<p>You &amp; I</p>", "<p>You & I &nix;</p>"),
        ('<img alt="A bag" src="1">', '<img src="2">'),
        ('<i id="L00000001"></i><i id="L00000002"></i>', '<i id="L00000003"></i><i id="L00000003"></i>'),
    ],
)
def test_a_page_much_like_one_that_is_sound_is_looked_at_all_the_same(sound: str, broken: str) -> None:
    assert faults_of(SOUND.format(sound)) == ()
    assert faults_of(SOUND.format(broken or sound.replace("#L00000001", "#L00000002"))) != ()


def test_a_page_without_title_or_language_is_found() -> None:
    assert {"the page has no title", "the page names no language"} <= set(
        faults_of("<!doctype html><html><head><title> </title></head><body><h1>x</h1></body></html>")
    )
