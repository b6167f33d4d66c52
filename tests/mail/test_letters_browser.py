"""Every letter as a phone shows it, by day and by night: nothing sticks out, and every word can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

from tests.journeys import figures
from tests.mail.letters_of_all_kinds import written

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.mark.browser
@pytest.mark.timeout(300)
def test_every_letter_fits_a_phone_and_is_readable_in_both_schemes(app: Flask, chromium: Browser) -> None:
    letters = {name: letter.html for name, language, letter in written() if language == "en"}
    context = chromium.new_context(viewport=figures.PHONE, offline=True)
    page = context.new_page()
    found = {name: faults for name, html in letters.items() if (faults := faults_of(page, html))}
    assert found == {}
    assert len(letters) > 100

    grey = next(iter(letters.values())).replace("</body>", '<p style="color: #ccc; background: #ddd">Pale</p></body>')
    wide = next(iter(letters.values())).replace("</body>", '<div style="width: 500px">Wide</div></body>')
    assert [bool(faults_of(page, broken)) for broken in (grey, wide)] == [True, True], "what must be found is found"
    context.close()


def faults_of(page: Page, html: str) -> list[str]:
    page.set_content(html)
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if over := page.evaluate(figures.OVERFLOW):
            found.append(f"{over} px stick out, {scheme}")
        found += figures.axe(page, figures.COLOURS, scheme)
    return found
