"""Which language somebody reads, on pages and in letters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.outbox import OutboxRow
from marketplace.programme import reading, versions
from marketplace.programme.policy.languages import spoken, words_of
from tests.accounts import PASSWORD, an_account, mail_to
from tests.languages.pseudo import offering, pseudo, speak
from tests.programme import world
from tests.programme.policies import changed
from tests.shopping import buy, live_listing
from tests.web import Browser, page, post_form

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def german(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop speaks a German of its own."""
    speak(app, "de", tmp_path, monkeypatch)
    with unit_of_work():
        versions.publish(offering("de"), at=clock.now())


def test_a_page_is_in_the_language_the_browser_asks_for(german: None, client: Browser) -> None:
    asked = page(client.get("/condition", headers=GERMAN))
    assert asked.html is not None
    assert asked.html["lang"] == "de"
    assert asked.html["dir"] == "ltr"
    assert pseudo("Condition grades") in asked.text
    assert pseudo(world.policy().condition.grades[0].definition)[:80] in asked.text
    plain = page(client.get("/condition", headers={"Accept-Language": "fr"}))
    assert plain.html is not None
    assert plain.html["lang"] == "en-US"
    assert "Condition grades" in plain.text
    assert "Clear: noticeable smell" in plain.text and "(smell)" not in plain.text


def test_a_reader_chooses_and_keeps_it_through_signing_in(german: None, client: Browser) -> None:
    person = an_account()
    shown = client.get("/language?next=/help")
    assert [button.text.strip() for button in page(shown).select("#language button")] == ["English", "Deutsch"]
    answer = post_form(client, "/language?next=/help", "language", language="de")
    assert (answer.status_code, answer.location) == (303, "/help")
    assert pseudo("Help") in page(client.get("/help")).text
    post_form(client, "/sign-in", "sign-in", email=person.email, password=PASSWORD)
    assert pseudo("Your account") in page(client.get("/account")).text


def test_a_language_nobody_speaks_here_changes_nothing(german: None, client: Browser) -> None:
    assert post_form(client, "/language", "language", language="xx").status_code == 422
    assert post_form(client, "/language", "language", language="de", next="https://evil.example/").location == "/"
    plain = page(client.get("/help", headers={"Accept-Language": "*"})).html
    assert plain is not None
    assert plain["lang"] == "de"


def test_where_one_language_is_spoken_nothing_is_to_choose(app: Flask, client: Browser) -> None:
    with unit_of_work():
        versions.publish(changed({"languages": {}}), at=clock.now())
    shown = page(client.get("/help", headers=GERMAN))
    assert shown.html is not None
    assert shown.html["lang"] == "en-US"
    assert shown.select_one("footer a[href^='/language']") is None


def test_a_letter_is_in_its_readers_language_whoever_caused_it(german: None, run_jobs: Callable[[], int]) -> None:
    """The buyer reads German, the seller English: the delivery writes to both."""
    order = world.an_order(world.a_live_listing())
    with unit_of_work():
        order.buyer.language = "de"
    world.delivered(world.paid(order))
    run_jobs()
    assert order.seller is not None
    (theirs,) = [letter for letter in mail_to(order.checkout.email) if letter.message == "delivered"]
    (ours,) = [letter for letter in mail_to(order.seller.email) if letter.message == "delivered_seller"]
    assert pseudo("Delivered. Is it as described?") in theirs.text
    assert 'lang="de"' in theirs.html
    assert "ø" not in ours.text
    assert 'lang="en-US"' in ours.html


def test_what_a_visitor_asked_for_in_german_is_answered_in_german(
    german: None, client: Browser, run_jobs: Callable[[], int]
) -> None:
    post_form(client, "/language", "language", language="de")
    post_form(client, "/join", "join", email="neu@example.com")
    run_jobs()
    (letter,) = mail_to("neu@example.com")
    assert "ø" in letter.subject


def test_only_words_differ_between_languages() -> None:
    policy = changed({})
    known = {text: pseudo(text) for text in words_of(policy)}
    other = spoken(policy, known)
    assert words_of(other) == [known[text] for text in words_of(policy)]
    assert [grade.key for grade in other.condition.grades] == [grade.key for grade in policy.condition.grades]
    assert (other.limits, other.tax, other.market, other.identity.house) == (
        policy.limits,
        policy.tax,
        policy.market,
        policy.identity.house,
    )
    back = {said: text for text, said in known.items()}
    assert spoken(other, back) == policy


def test_a_policy_that_lacks_a_word_of_a_language_it_offers_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    source, _, _ = reading.find("preloved").read_text().partition("[languages]")
    file.write_text(source + '[languages]\noffered = ["fr"]\n')
    with pytest.raises(reading.PolicyError, match=r"languages\.offered: ours\.fr\.po lacks \d+ texts, as 'Pre-loved'"):
        reading.read(str(file))


def test_the_words_of_a_policy_are_written_for_a_translator(app: Flask, tmp_path: Path) -> None:
    file, words = tmp_path / "ours.toml", tmp_path / "ours.fr.po"
    file.write_text(reading.find("preloved").read_text())
    first = app.test_cli_runner().invoke(args=["programme", "words", str(file), "fr"])
    assert first.exit_code == 1
    assert "left to translate" in first.output
    text = words.read_text().replace('msgid "Handbags"\nmsgstr ""', 'msgid "Handbags"\nmsgstr "Sacs"')
    words.write_text(text)
    app.test_cli_runner().invoke(args=["programme", "words", str(file), "fr"])
    assert 'msgid "Handbags"\nmsgstr "Sacs"' in words.read_text()
    assert reading.translations(words, "fr") == {"Handbags": "Sacs"}


def test_a_guest_who_buys_in_german_is_written_to_in_german(
    german: None, client: Browser, run_jobs: Callable[[], int]
) -> None:
    post_form(client, "/language", "language", language="de")
    (order,) = buy(client, live_listing())
    run_jobs()
    assert order.buyer.language == "de"
    (letter,) = db.session.scalars(sa.select(OutboxRow).where(OutboxRow.key.startswith("mail:checkout_paid")))
    assert letter.request["language"] == "de"
    assert letter.request["facts"]["total"].endswith("\N{NO-BREAK SPACE}$")
