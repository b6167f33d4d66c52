"""Text that would like to be code: in SQL, in pages, in templates, in mails, in spreadsheets (faults X02 to X06)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup
from flask import Flask

from marketplace.database import db
from marketplace.listings.finding import public_path
from marketplace.mail.models import SandboxMail
from marketplace.people.models import Person, Role
from marketplace.text import TextRefused, clean_text
from tests.accounts import an_account, mail_to
from tests.hostile.world import everything
from tests.programme import world as shop
from tests.purchases import as_csv, line, take_in
from tests.shopping import buy, live_listing, words_of
from tests.web import Browser, page, post_form

SQL = [
    "' OR '1'='1",
    "'; DROP TABLE listings; --",
    '" OR ""="',
    "1) OR (1=1",
    "%' UNION SELECT email FROM people --",
    "\\' OR 1=1 --",
    "%",
    "_",
    "\\",
    "tote%' ESCAPE '!",
    "$$; SELECT pg_sleep(9); $$",
]
SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"'><img src=x onerror=alert(1)>"
TEMPLATE = "{{7*7}}{% raw %}${7*7}#{7*7}<%= 7*7 %>"


# SQL -----------------------------------------------------------------------------------------------------------------


@pytest.mark.fault("X02")
@pytest.mark.parametrize("words", SQL)
def test_sql_in_a_search_or_filter_finds_nothing(client: Browser, words: str) -> None:
    live_listing()
    before = everything()
    for name in ("q", "condition", "colour", "style", "material", "price"):
        answer = client.get("/shop" if name != "q" else "/search", query_string={name: words})
        assert answer.status_code == 200
        found = page(answer).select("main ul.grid a[href^='/p/']")
        if words.strip("%_\\"):
            assert "0 pieces" in words_of(answer), f"{name}={words} found {len(found)}"
    for name in ("sort", "after", "before"):
        assert client.get("/shop", query_string={name: words}).status_code in (200, 404)
    assert everything() == before


@pytest.mark.fault("X02")
@pytest.mark.parametrize("words", SQL)
def test_sql_in_a_form_is_text(client: Browser, words: str) -> None:
    agent = an_account(roles=[Role.AGENT])
    victim = an_account("victim@example.com")
    assert post_form(client, "/sign-in", "sign-in", email=words, password=words).status_code == 422
    assert post_form(client, "/sign-in", "sign-in", email=victim.email, password=words).status_code == 422
    assert post_form(client, "/track", "track", number=words, email=victim.email).status_code in (303, 422)
    client.sign_in_as(agent)
    assert "No order found" in words_of(client.get("/desk/orders", query_string={"q": words}))
    assert post_form(client, "/desk/people", "find-person", words=words).status_code == 422
    assert client.get("/desk/supply", query_string={"q": words}).status_code in (200, 404)


# Scripts and templates -----------------------------------------------------------------------------------------------


@pytest.mark.fault("X03", "X04")
@pytest.mark.parametrize("text", [SCRIPT, IMAGE, TEMPLATE])
def test_what_people_write_stays_text_on_every_page(app: Flask, client: Browser, text: str) -> None:
    seller = an_account(name=text)
    listing = live_listing(seller, title=text[:60], words=text, colour=text[:30], house=text[:30])
    shop.a_purchase(seller, title=text, colour=text[:40], store=text[:40])
    [order] = buy(client, listing, name='O\'Neil & "Sons" <b>', email="quote@example.com")
    paths = {
        None: ["/", "/shop", f"/search?q={text}", public_path(listing), f"/orders/{order.number}", "/bag"],
        "seller": ["/sell/purchases", "/sell/wardrobe", f"/sell/wardrobe/{listing.number}", "/account"],
        "staff": [f"/desk/orders/{order.number}", f"/desk/review/{listing.number}", f"/desk/orders?q={text}"],
    }
    shown = 0
    for who, addresses in paths.items():
        if who is not None:
            client.sign_in_as(seller if who == "seller" else an_account(roles=[Role.AGENT, Role.REVIEWER]))
        for address in addresses:
            answer = client.get(address)
            assert answer.status_code == 200, address
            _nothing_ran(answer.text)
            shown += text[:30] in page(answer).get_text()
    assert shown > 6


def _nothing_ran(html: str) -> None:
    document = BeautifulSoup(html, "html5lib")
    assert not [script for script in document.find_all("script") if "alert" in script.get_text()]
    assert not document.find_all(attrs={"onerror": True})
    assert "<b>" not in html or "O'Neil" not in html
    assert "49" not in {text.strip() for text in document.stripped_strings}


@pytest.mark.fault("X03", "X04")
@pytest.mark.parametrize("text", [SCRIPT, IMAGE, TEMPLATE])
def test_a_letter_shows_a_title_as_text(client: Browser, run_jobs: Callable[[], int], text: str) -> None:
    seller = an_account("ada@example.com", name=text)
    shop.submitted(shop.a_complete_draft(title=text[:60]))
    buy(client, live_listing(seller, title=text[:60]))
    run_jobs()
    letters = db.session.scalars(sa.select(SandboxMail)).all()
    assert len(letters) > 3
    for letter in letters:
        _nothing_ran(letter.html)
        assert "\n" not in letter.subject
    assert any(text[:60] in BeautifulSoup(letter.html, "html5lib").get_text() for letter in letters)


@pytest.mark.fault("X03")
def test_what_was_asked_comes_back_as_text(client: Browser) -> None:
    for path in ("/search", "/shop", "/shop/tote"):
        for name in ("q", "condition", "colour", "sort", "price"):
            answer = client.get(path, query_string={name: SCRIPT + IMAGE})
            assert answer.status_code == 200
            _nothing_ran(answer.text)
    answer = client.get(f"/nothing/{SCRIPT}")
    assert answer.status_code == 404
    _nothing_ran(answer.text)
    answer = client.get("/sign-in", query_string={"next": f"/shop{IMAGE}"})
    _nothing_ran(answer.text)


# Spreadsheets and headers --------------------------------------------------------------------------------------------


@pytest.mark.fault("X05")
@pytest.mark.parametrize("formula", ["=HYPERLINK(1)", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1"])
def test_a_formula_in_a_rejected_row_is_guarded(app: Flask, tmp_path: Path, formula: str) -> None:
    file = tmp_path / "purchases.csv"
    file.write_text(as_csv([line(quantity=formula, order_number="W1"), line(currency=formula, order_number="W2")]))
    take_in(app, file)
    rejects = list(csv.reader(io.StringIO((tmp_path / "purchases.csv.rejects.csv").read_text())))
    assert len(rejects) == 3
    for row in rejects[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row), row


@pytest.mark.fault("X06")
@pytest.mark.parametrize("tail", ["\r\nBcc: eve@example.com", "\nSubject: You won", "\r", "\u2028x", "%0d%0aA: b\n"])
def test_a_line_break_is_refused_in_everything_that_becomes_a_header(client: Browser, tail: str) -> None:
    person = an_account("ada@example.com", name="Ada Quill")
    for path, form in (("/join", "join"), ("/reset", "reset"), ("/sign-in/link", "sign-in-link")):
        answer = post_form(client, path, form, email=f"ada@example.com{tail}")
        assert answer.status_code == 422, path
    assert mail_to("ada@example.com") == []
    client.sign_in_as(person)
    answer = post_form(client, "/account/name", "rename", name=f"Ada{tail}Quill")
    assert answer.status_code == 422
    assert db.session.get_one(Person, person.id).name == "Ada Quill"
    with pytest.raises(TextRefused):
        clean_text(f"Ada{tail}Quill", 80)


@pytest.mark.fault("X06")
@pytest.mark.parametrize("value", ["/shop\r\nSet-Cookie: a=b", "/shop\nX: y", "/\rx"])
def test_no_address_to_go_to_carries_a_second_header(client: Browser, value: str) -> None:
    person = an_account()
    answer = post_form(client, "/sign-in", "sign-in", email=person.email, password="walk the whole shop", next=value)
    assert answer.status_code == 303
    assert answer.location in ("/account", "/x", "/"), "a path of our own, without what would end the line"
    assert "X" not in answer.headers
    assert [cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")] == ["session"]
