"""A browser without scripts: fetches a page, fills in the form with a given id, and posts it."""

from __future__ import annotations

import re
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.people import sign_ins
from marketplace.people.models import Person
from tests.apart import apart
from tests.html import faults_of

FORM = re.compile(r'<form\b[^<>]*\sid="([^"]*)"')
LETTER = re.compile(r"/sandbox/mail/\d+/page\Z")  # a mail as its reader sees it brings its own style


class Browser(FlaskClient):
    """Flask's test client, each request in a context of its own as from outside. No page may fail."""

    def open(self, *args: Any, **more: Any) -> TestResponse:
        more["buffered"] = True
        response = apart(lambda: super(Browser, self).open(*args, **more))
        assert response.status_code < 500 or response.status_code == 503, f"{response.request.path}: {response.status}"
        if response.mimetype == "text/html" and response.get_data() and not 300 <= response.status_code < 400:
            faults = faults_of(response.get_data(as_text=True))
            if LETTER.match(response.request.path):
                faults = tuple(fault for fault in faults if fault != "the page carries a style of its own")
            assert faults == (), f"{response.request.path}: {faults}"
        return response

    def sign_in_as(self, person: Person, *, second_factor: bool = True) -> None:
        """Sign ``person`` in without the form; staff past their second factor, unless told otherwise."""
        token = apart(lambda: self._begin_sign_in(person.id, second_factor))
        with self.session_transaction(base_url=self.application.config["SETTINGS"].public_url) as session:
            session.clear()
            session.update({"_user_id": token, "_fresh": True})

    def _begin_sign_in(self, person_id: int, second_factor: bool) -> str:
        with self.application.app_context(), unit_of_work():
            person = db.session.get_one(Person, person_id)
            sign_in, token = sign_ins.begin(person, at=clock.now())
            if person.is_staff and second_factor:
                person.totp_confirmed_at = person.totp_confirmed_at or clock.now()
                sign_in.second_factor_at = clock.now()
            return token


def page(response: TestResponse) -> BeautifulSoup:
    """The parsed page of a response."""
    return BeautifulSoup(response.get_data(as_text=True), "html.parser")


def form_fields(form: Tag) -> dict[str, list[str]]:
    """What the form would send untouched: hidden fields, given values, ticked boxes, chosen options."""
    fields: dict[str, list[str]] = {}
    for control in form.find_all(["input", "textarea", "select"]):
        name = control.get("name")
        if name and not control.has_attr("disabled"):
            fields.setdefault(name, []).extend(_values(control))
    return {name: values for name, values in fields.items() if values}


def _values(control: Tag) -> list[str]:
    if control.name == "textarea":
        return [control.get_text().removeprefix("\n")]
    if control.name == "select":
        options = control.find_all("option")
        chosen = [option for option in options if option.has_attr("selected")]
        if not chosen and not control.has_attr("multiple"):
            chosen = options[:1]
        return [option.get("value", option.get_text()) for option in chosen]
    kind = control.get("type", "text")
    if kind in {"submit", "button", "image", "reset", "file"}:
        return []
    if kind in {"checkbox", "radio"} and not control.has_attr("checked"):
        return []
    return [control.get("value", "on" if kind in {"checkbox", "radio"} else "")]


def find_form(response: TestResponse, form_id: str) -> Tag:
    """The form with this id; fails with the ids there are."""
    text = response.get_data(as_text=True)
    begins = re.search(rf'<form\b[^<>]*\sid="{re.escape(form_id)}"[^<>]*>', text)
    assert begins, f"no form {form_id!r} at {response.request.path}, {response.status}: {FORM.findall(text)}"
    form = BeautifulSoup(text[begins.start() : text.index("</form>", begins.end())], "html.parser").find("form")
    assert isinstance(form, Tag)
    return form


def post_form(client: FlaskClient, url: str, form_id: str, **changes: Any) -> TestResponse:
    """Fetch ``url``, fill in the form and send it. None leaves a field out; files are (stream, name) pairs."""
    fetched = client.get(url, follow_redirects=True)
    assert fetched.status_code == 200, f"{url}: {fetched.status}"
    form = find_form(fetched, form_id)
    filled: dict[str, Any] = {**form_fields(form), **changes}
    sent = {name: value for name, value in filled.items() if value is not None}
    action = str(form.get("action") or fetched.request.full_path.rstrip("?"))
    if form.get("method", "get").lower() == "get":
        return client.get(action, query_string=sent)
    return client.post(action, data=sent, content_type=form.get("enctype"))
