"""A visitor over HTTP, without scripts: fetches pages of the running shop, fills in forms by their ids, sends them."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import count
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
    leads_to: str = ""

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

    def has_form(self, form_id: str) -> bool:
        return self.soup.find("form", id=re.compile(rf"\A{form_id}(-[\d-]+)?\Z")) is not None

    def form(self, form_id: str) -> Tag:
        """The form whose id is ``form_id``, or that and a number."""
        found = self.soup.find("form", id=re.compile(rf"\A{form_id}(-[\d-]+)?\Z"))
        known = [form.get("id") for form in self.soup.find_all("form")]
        assert isinstance(found, Tag), f"{self.url}: {self.status}, no {form_id!r} in {known}: {self.words[:400]}"
        return found


class NoAnswer(Exception):
    """The connection broke, or the shop said that it will be back in a moment."""


class Visitor:
    """One browser with cookies of its own. A refusal or a fault fails the step.

    Where nothing answers, or with 503, a visitor tries again for ``patience`` seconds: reloads, and fills in anew.
    """

    def __init__(self, home: str, *, patience: float = 0) -> None:
        self.home, self.patience, self._session = home, patience, requests.Session()
        self.refused_for_now = 0

    def get(self, path: str) -> Page:
        return self._patiently(lambda: self._read("GET", path))

    def send(self, path: str, form_id: str, *, files: dict[str, Any] | None = None, **fields: Any) -> Page:
        """Fetch the page, fill in the form, send it; returns the page it leads to.

        Tried again after a lost answer, a form that is gone has been sent: the page as it stands is returned.
        """
        tries = count(1)

        def fill_in_and_send() -> Page:
            is_again, page = next(tries) > 1, self._read("GET", path)
            if is_again and not page.has_form(form_id):
                return page
            form = page.form(form_id)
            filled = {**form_fields(form), **fields}
            target = urljoin(page.url, str(form.get("action") or page.url))
            if str(form.get("method", "get")).lower() == "get":
                return self._read("GET", target, params=filled)
            return self._read("POST", target, data=filled, files=files)

        answer = self._patiently(fill_in_and_send)
        return self.get(answer.leads_to) if answer.leads_to else answer

    def _patiently(self, step: Callable[[], Page]) -> Page:
        end = time.monotonic() + self.patience
        while True:
            try:
                return step()
            except NoAnswer:
                self.refused_for_now += 1
                if time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def until(self, path: str, words: str) -> Page:
        """Load the page again until its main part says so."""
        end = time.monotonic() + max(PATIENCE, self.patience)
        while words not in (page := self.get(path)).words:
            assert time.monotonic() < end, f"{path} never said {words!r}: {page.words[:600]}"
            time.sleep(0.5)
        return page

    def until_state(self, path: str, state: str) -> Page:
        """Load the page again until what it shows is in that state."""
        end = time.monotonic() + max(PATIENCE, self.patience)
        while (page := self.get(path)).main.get("data-state") != state:
            assert time.monotonic() < end, f"{path} is {page.main.get('data-state')}, not {state}: {page.words[:600]}"
            time.sleep(0.5)
        return page

    def _read(self, method: str, path: str, **more: Any) -> Page:
        try:
            follow = method == "GET"  # what a form leads to is fetched by itself, so that it can be tried again
            where = urljoin(self.home, path)
            answer = self._session.request(method, where, timeout=TIMEOUT, allow_redirects=follow, **more)
        except requests.RequestException as broken:
            raise NoAnswer(f"{method} {path}: {type(broken).__name__}") from broken
        if answer.status_code == 503:
            raise NoAnswer(f"{method} {path}: 503")
        assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {_words(answer.content)}"
        leads_to = urljoin(answer.url, answer.headers["Location"]) if answer.is_redirect else ""
        return Page(answer.url, answer.status_code, answer.content, leads_to)


def _words(body: bytes) -> str:
    """What an answer says, without its markup."""
    return BeautifulSoup(body, "html5lib").get_text(" ", strip=True)[:2000]


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
