"""Finding an order again: a fresh link goes to the order's own address, and the page never says whether it did."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace.database import db
from marketplace.mail.models import SandboxMail
from marketplace.orders.models import Order, OrderLink
from tests.accounts import link_in, mail_to
from tests.shipping.sales import labelled_order, sweep
from tests.web import Browser, page, post_form


def _email(order: Order) -> str:
    return db.session.get_one(Order, order.id).checkout.email


def _links() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(OrderLink)) or 0


def _letters() -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(SandboxMail)) or 0


def test_number_and_email_bring_a_link_that_opens_the_order(client: Browser) -> None:
    order = labelled_order()
    before = len(mail_to(_email(order)))
    answer = post_form(client, "/track", "track", number=f" {order.number.lower()} ", email=_email(order).upper())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/track")
    sweep()
    (letter,) = mail_to(_email(order))[before:]
    assert client.get(f"/orders/{order.number}").status_code == 404
    opened = client.get(link_in(letter), follow_redirects=True)
    assert opened.request.path == f"/orders/{order.number}"
    assert page(opened).main["data-state"] == "label_issued"


def test_the_answer_is_the_same_and_nothing_goes_to_another_address(client: Browser) -> None:
    order, other = labelled_order(), labelled_order()
    answers = set()
    pairs = [
        (order.number, _email(order)),
        (order.number, _email(other)),
        (order.number, "stranger@example.com"),
        ("R00000000", _email(order)),
    ]
    sent = []
    for number, email in pairs:
        before = (_links(), _letters())
        answer = post_form(client, "/track", "track", number=number, email=email)
        sweep()
        answers.add((answer.status_code, page(client.get(answer.headers["Location"])).main.get_text(" ", strip=True)))
        sent.append((_links() - before[0], _letters() - before[1]))
    assert len(answers) == 1
    assert sent == [(1, 1), (0, 0), (0, 0), (0, 0)]
    assert mail_to("stranger@example.com") == []


@pytest.mark.parametrize("typed", [{"number": ""}, {"number": "R12345678", "email": "nobody"}, {"number": "R" * 99}])
def test_what_is_no_number_or_no_address_is_said_beside_its_field(client: Browser, typed: dict[str, str]) -> None:
    answer = post_form(client, "/track", "track", **{"email": "a@example.com", **typed})
    assert answer.status_code == 422
    assert page(answer).title.get_text().startswith("Error:")
    assert page(answer).find(class_="error-summary")
    assert _links() == 0
