"""A visitor over HTTP, without scripts: fetches pages of the running shop, fills in forms by their ids, sends them."""

from __future__ import annotations

import email
import email.policy
import re
import time
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag

from tests.web import form_fields

TIMEOUT = 60  # seconds for one answer
PATIENCE = 60  # seconds for the jobs to do by themselves what a step waits for


@dataclass
class Page:
    """An answer that was read as a page."""

    url: str
    status: int
    body: bytes

    @property
    def soup(self) -> BeautifulSoup:
        return BeautifulSoup(self.body, "html5lib")

    @property
    def main(self) -> Tag:
        found = self.soup.find("main")
        assert isinstance(found, Tag), f"{self.url}: {self.status} without a main part"
        return found

    @property
    def words(self) -> str:
        """What the main part says, on one line."""
        return self.main.get_text(" ", strip=True)

    def form(self, form_id: str) -> Tag:
        """The form whose id is ``form_id``, or that and a number."""
        found = self.soup.find("form", id=re.compile(rf"\A{form_id}(-[\d-]+)?\Z"))
        known = [form.get("id") for form in self.soup.find_all("form")]
        assert isinstance(found, Tag), f"{self.url}: {self.status}, no {form_id!r} in {known}: {self.words[:400]}"
        return found


class Visitor:
    """One browser with cookies of its own. A refusal or a fault fails the step."""

    def __init__(self, home: str) -> None:
        self.home, self._session = home, requests.Session()

    def get(self, path: str) -> Page:
        return self._read("GET", path)

    def send(self, path: str, form_id: str, *, files: dict[str, Any] | None = None, **fields: Any) -> Page:
        """Fetch the page, fill in the form, send it; returns the page it leads to."""
        page = self.get(path)
        form = page.form(form_id)
        filled = {**form_fields(form), **fields}
        target = urljoin(page.url, str(form.get("action") or page.url))
        if str(form.get("method", "get")).lower() == "get":
            return self._read("GET", target, params=filled)
        return self._read("POST", target, data=filled, files=files)

    def until(self, path: str, words: str) -> Page:
        """Load the page again until its main part says so."""
        end = time.monotonic() + PATIENCE
        while words not in (page := self.get(path)).words:
            assert time.monotonic() < end, f"{path} never said {words!r}: {page.words[:600]}"
            time.sleep(0.5)
        return page

    def until_state(self, path: str, state: str) -> Page:
        """Load the page again until what it shows is in that state."""
        end = time.monotonic() + PATIENCE
        while (page := self.get(path)).main.get("data-state") != state:
            assert time.monotonic() < end, f"{path} is {page.main.get('data-state')}, not {state}: {page.words[:600]}"
            time.sleep(0.5)
        return page

    def _read(self, method: str, path: str, **more: Any) -> Page:
        answer = self._session.request(method, urljoin(self.home, path), timeout=TIMEOUT, **more)
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text[:1500]}"
        return Page(answer.url, answer.status_code, answer.content)


# Letters -------------------------------------------------------------------------------------------------------------


def letters_to(folder: Path, address: str) -> list[EmailMessage]:
    """What the mail server has taken for an address, oldest first."""
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime)
    letters: list[EmailMessage] = [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[misc]
        for file in files
    ]
    return [letter for letter in letters if address in str(letter["To"])]


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def await_letter(folder: Path, address: str, pattern: str) -> re.Match[str]:
    """The match of ``pattern`` in the newest letter to the address that has one, as soon as it has arrived."""
    end = time.monotonic() + PATIENCE
    while True:
        for letter in reversed(letters_to(folder, address)):
            if found := re.search(pattern, text_of(letter)):
                return found
        said = [str(letter["Subject"]) for letter in letters_to(folder, address)]
        assert time.monotonic() < end, f"no letter to {address} with {pattern}: {said}"
        time.sleep(0.3)
