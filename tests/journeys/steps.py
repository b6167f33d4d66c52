"""Steps of a visitor in a real browser: forms are named by their ids, mail is read in the sandbox's mailbox."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.accounts import PASSWORD
from tests.photos import phone_photo

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE = 20  # seconds for the jobs to do by themselves what a step waits for
ADDRESS = {
    "name": "Grace Buyer",
    "line1": "350 Fifth Avenue",
    "postcode": "10118",
    "city": "New York",
    "region": "NY",
}
HOME = {"line1": "14 Hudson Street", "postcode": "10013", "city": "New York", "region": "NY"}


def fill(page: Page, form: str, **fields: Any) -> None:
    """Type into the form's fields: text, a choice, a radio or box by its value."""
    for name, value in fields.items():
        field = page.locator(f"#{form} [name={name}]")
        kind = field.first.evaluate("field => field.type")
        if kind in ("radio", "checkbox"):
            page.locator(f"#{form} [name={name}][value='{value}']").check()
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)


def press(page: Page, form: str, button: str = "button[type=submit]") -> None:
    """Press the form's button and wait for the page it leads to."""
    with page.expect_navigation():
        page.locator(f"#{form} {button}").first.click()


def send(page: Page, form: str, **fields: Any) -> None:
    fill(page, form, **fields)
    press(page, form)


def path(page: Page) -> str:
    return urlsplit(page.url).path


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    send(page, "sign-in", email=email, password=PASSWORD)


def enter_code(page: Page) -> None:
    """The second factor: the sandbox shows the code of now on the page."""
    code = re.search(r"\b\d{6}\b", page.locator("main").inner_text())
    assert code, page.locator("main").inner_text()
    send(page, "totp", code=code[0])


def choose_photos(page: Page, folder: Path, *slots: str, scripts: bool) -> None:
    """Choose a photo for each slot; with scripts each goes up by itself, without them all go with the form."""
    for seed, slot in enumerate(slots, 1):
        file = folder / f"IMG_{seed}.jpg"
        file.write_bytes(phone_photo(seed))
        page.locator(f"#photos input[name={slot}]").set_input_files(file)
        if scripts:
            page.locator(f".slot[data-kept=yes]:has(input[name={slot}])").wait_for()


def letter(page: Page, to: str, message: str) -> dict[str, Any]:
    """The newest letter of that kind to that address, as soon as it has arrived."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        letters = page.request.get(f"/sandbox/mail.json?to={to}").json()
        found = [one for one in letters if one["message"] == message]
        if found:
            return found[0]  # type: ignore[no-any-return]
        time.sleep(0.2)
    raise AssertionError(f"no {message} for {to}: {[one['message'] for one in letters]}")


def link_in(text: str, begin: str) -> str:
    """The link of a letter whose path starts like ``begin``."""
    found = re.search(rf"https?://[^\s/]+({re.escape(begin)}[^\s.]*)", text)
    assert found, text
    return found[1]


def until_shown(page: Page, words: str) -> None:
    """Load the page again until it says so."""
    until = time.monotonic() + PATIENCE
    while words not in page.locator("main").inner_text():
        assert time.monotonic() < until, f"never {words!r}: {page.locator('main').inner_text()[:400]}"
        page.wait_for_timeout(300)
        page.reload()
