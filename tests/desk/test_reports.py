"""Finding anything, the trail of who did and read what, and what the desk's work comes to."""

from __future__ import annotations

import csv
import io

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.credits.models import GiftCard
from marketplace.database import db, unit_of_work
from marketplace.disputes import appealing, deciding, reports
from marketplace.disputes.states import Remedy, Side
from marketplace.money import Money
from marketplace.payouts import goodwill
from marketplace.people.models import Person, Role
from marketplace.people.readings import Reading
from marketplace.shipping import parcels
from tests.accounts import an_account
from tests.disputes.cases import act, again, an_agent, decided, in_review, ruling, seller, until
from tests.orders.stories import confirm, delivered_order
from tests.web import Browser, page, post_form


def browser(app: Flask, person: Person) -> Browser:
    made = app.test_client()
    assert isinstance(made, Browser)
    made.sign_in_as(person)
    return made


@pytest.mark.fault("P06")
def test_every_number_opens_its_page_and_an_email_lists_what_goes_with_it(app: Flask) -> None:
    case, sold = in_review(), delivered_order()
    confirm(sold)
    member = seller(case)
    holder = db.session.get_one(Person, sold.seller_id)
    card = db.session.scalars(sa.select(GiftCard)).one()
    parcel = parcels.parcel_of(case.order_id)
    assert parcel is not None
    kim = an_agent()
    client = browser(app, kim)

    def find(words: str) -> str:
        return str(post_form(client, "/desk/find", "find", words=words).location)

    order_page = f"/desk/orders/{case.order.number}"
    assert find(case.order.number.lower()) == order_page
    assert find(str(parcel.tracking_number)) == find(case.order.checkout.number) == order_page
    assert find(case.number) == f"/desk/disputes/{case.number}"
    assert find(case.order.listing.number) == f"/desk/listings/{case.order.listing.number}"
    assert case.order.listing.title in client.get(f"/desk/listings/{case.order.listing.number}").get_data(as_text=True)
    assert find(card.number) == f"/desk/gift-cards/holders/{holder.id}"
    assert client.get(f"/desk/gift-cards/holders/{holder.id}").status_code == 200
    assert member.loyalty_account is not None
    assert client.get(f"/desk/people/{member.id}").status_code == 404
    assert find(member.loyalty_account.number) == f"/desk/people/{member.id}"
    assert client.get(f"/desk/people/{member.id}").status_code == 200
    assert post_form(client, "/desk/find", "find", words="R0000000").status_code == 422

    listed = post_form(client, "/desk/find", "find", words=member.email).get_data(as_text=True)
    for words in (case.order.number, case.number, case.order.listing.number, f"/desk/people/{member.id}"):
        assert words in listed
    bought = post_form(client, "/desk/find", "find", words=case.order.checkout.email).get_data(as_text=True)
    assert case.order.number in bought
    assert post_form(client, "/desk/find", "find", words="nobody@example.com").status_code == 422
    read = db.session.execute(sa.select(Reading.subject_type, Reading.subject_id).where(Reading.reader_id == kim.id))
    assert {tuple(row) for row in read} >= {("people", member.id), ("people", holder.id)}


@pytest.mark.fault("P06")
def test_managers_see_what_was_done_and_read_and_agents_do_not(app: Flask) -> None:
    case, kim = in_review(), an_agent()
    manager, agent = browser(app, an_account(name="Mo Manager", roles=[Role.MANAGER])), browser(app, kim)
    agent.get(f"/desk/orders/{case.order.number}")
    path = f"/desk/orders/{case.order.number}/goodwill"
    assert post_form(agent, path, "goodwill", to="buyer", amount="5.00", reason="For the wait").status_code == 303
    for address in ("/desk/audit", "/desk/audit/readings", "/desk/reports", "/desk/reports/by-agent.csv"):
        assert agent.get(address).status_code == 404
    done = [row.get_text(" ") for row in page(manager.get("/desk/audit")).select("tbody tr")]
    assert any("For the wait" in row and "Kim Desk" in row and case.order.number in row for row in done)
    others = page(manager.get(f"/desk/audit?who={an_agent().id}")).get_text()
    assert "For the wait" not in others
    read = [row.get_text(" ") for row in page(manager.get("/desk/audit/readings")).select("tbody tr")]
    assert any("Kim Desk" in row and case.order.number in row for row in read)


@pytest.mark.fault("X05")
def test_the_reports_say_what_the_work_came_to_in_a_chart_a_table_and_a_file(app: Flask) -> None:
    prompt, late = decided(Remedy.PARTIAL_REFUND, 5_000), in_review()
    until(late.due_at)
    sly = an_account(name="=HYPERLINK(1)", roles=[Role.AGENT])
    late = act(again(late), deciding.decide, ruling(Remedy.DISMISS), by=sly)
    act(late, appealing.appeal, side=Side.BUYER, words="Look again.", by=late.order.buyer)
    act(late, deciding.decide, ruling(Remedy.PARTIAL_REFUND, 2_000), by=an_account(roles=[Role.AGENT]))
    with unit_of_work():
        goodwill.give(prompt.order_id, prompt.order.buyer, Money(700, "USD"), by=sly, at=clock.now())
    since, now = late.opened_at, clock.now()
    pace = reports.pace(since, now)
    assert (pace.on_time, pace.all) == (2, 3)
    assert reports.appeals(since, now) == reports.Appeals(1, 1)
    assert sum(reports.open_by_age(now)) == 2

    manager = browser(app, an_account(name="Mo Manager", roles=[Role.MANAGER]))
    shown = page(manager.get("/desk/reports?days=30"))
    assert len(shown.select("svg.chart")) == len(shown.select(".table table")) == 4
    text = " ".join(shown.get_text(" ").split())
    for words in ("Reversal rate: 100%", "Decided by the date first set: 67%", "Promised: 3 business days"):
        assert words in text
    assert manager.get("/desk/reports?days=31").status_code == 404
    file = manager.get("/desk/reports/by-agent.csv?days=30")
    rows = {row[0]: row[1:] for row in csv.reader(io.StringIO(file.get_data(as_text=True)))}
    assert rows["'=HYPERLINK(1)"] == ["1", "0", "$0.00", "1", "$7.00"]
    taxed = prompt.order.refunded_tax_minor
    assert rows["Kim Desk"][1:3] == ["1", f"${(5_000 + taxed) / 100:.2f}"]
    assert manager.get("/desk/reports/nothing.csv").status_code == 404
