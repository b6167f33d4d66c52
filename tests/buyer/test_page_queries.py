"""How often the two pages that everybody opens ask the database, exactly."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.database import db
from marketplace.listings.finding import public_path
from tests.shopping import live_listing, member
from tests.statements import statements
from tests.web import Browser


def asked_by(app: Flask, client: Browser, path: str) -> list[str]:
    """What the second visit to a page asks where nothing of it is kept: the first may have something to learn."""
    client.get(path)
    db.session.expire_all()
    app.extensions.pop("kept pages", None)
    with statements() as said:
        assert client.get(path).status_code == 200
    return questions(said)


def questions(said: list[str]) -> list[str]:
    """The statements that read from the shop's tables; beginning and ending a transaction is not asking."""
    return [statement for statement in said if statement.lstrip().startswith(("SELECT", "WITH"))]


@pytest.mark.parametrize(
    "path",
    [
        "/shop",
        "/shop/tote?colour=oxblood&colour=navy&condition=excellent",
        "/search?q=marlow&price=100-200&sort=price-up",
    ],
)
def test_a_list_of_pieces_with_all_its_filters_takes_at_most_six_questions(app, client: Browser, path: str) -> None:
    seller = member()
    for number in range(26):
        live_listing(seller, price=15_000 + number, search_text=" marlow tote oxblood")
    asked = asked_by(app, client, path)
    assert len(asked) <= 6, "\n".join(asked)


def test_the_page_of_a_piece_takes_at_most_five_questions(app, client: Browser) -> None:
    seller = member()
    piece, *_others = [live_listing(seller, price=15_000 + number) for number in range(10)]
    asked = asked_by(app, client, public_path(piece))
    assert len(asked) <= 5, "\n".join(asked)


def test_the_page_of_a_piece_that_is_kept_takes_two(app) -> None:
    """The piece and its pictures are asked for each time; the shelf and the policy half a second later again."""
    path, client = public_path(live_listing(member())), FlaskClient(app)
    db.session.commit()
    for _visit in range(2):
        client.get(path)
    with statements() as said:
        client.get(path)
    assert len(questions(said)) == 2, said
