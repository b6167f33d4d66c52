"""The desk's page of sales elsewhere, and the sandbox's where pieces are bought there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace.channels import sandbox
from marketplace.channels.models import ChannelSale
from marketplace.channels.states import SaleState
from marketplace.database import db
from marketplace.jobs import runner
from marketplace.people.models import Role
from tests.accounts import an_account
from tests.channels import steps as there
from tests.consignments import steps
from tests.web import Browser, page, post_form


def at_desk(app: Flask, *roles: Role) -> Browser:
    browser = app.test_client()
    assert isinstance(browser, Browser)
    browser.sign_in_as(an_account(roles=roles))
    return browser


@pytest.mark.rule("NAP-15", "BAL-05")
def test_a_sale_is_bought_there_printed_sent_and_paid_for(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    post_form(client, "/sandbox/channels", "buy-elsewhere", outlet="second-loft")
    runner.run_until_idle()
    [sale] = db.session.scalars(sa.select(ChannelSale))
    warehouse = at_desk(app, Role.WAREHOUSE)
    shown = page(warehouse.get("/desk/channels")).get_text(" ")
    assert "Second Loft" in shown
    assert piece.number in shown
    assert "Owed by marketplaces" not in shown
    label = warehouse.get(f"/desk/channels/{sale.number}/label.pdf")
    assert (label.mimetype, label.headers["Cache-Control"], label.data[:4]) == ("application/pdf", "no-store", b"%PDF")
    assert post_form(warehouse, "/desk/channels", f"send-{sale.number}").status_code == 303
    post_form(client, "/sandbox/channels", f"complete-second-loft-{sale.ref}")
    runner.run_until_idle()
    manager = at_desk(app, Role.MANAGER)
    paid = {"sale": sale.number}
    wrong = post_form(manager, "/desk/channels", "channel-payment", amount="1", **paid)
    assert wrong.status_code == 422
    assert "add up to $255" in page(wrong).get_text(" ")
    assert post_form(manager, "/desk/channels", "channel-payment", amount="255", **paid).status_code == 303
    db.session.expire_all()
    [sale] = db.session.scalars(sa.select(ChannelSale))
    assert (sale.state, sale.due_minor) == (SaleState.COMPLETED, 0)


def test_what_could_not_be_honoured_is_shown_with_its_reason_and_no_label(app: Flask, client: Browser) -> None:
    there.open_channels()
    report = there.sold_there(steps.live(), minor=100)
    there.tell(client, report)
    warehouse = at_desk(app, Role.WAREHOUSE)
    shown = page(warehouse.get("/desk/channels")).get_text(" ")
    assert "Refused and cancelled there" in shown
    assert "It was sold for less than its price." in shown
    sale = there.sale_of(report)
    assert warehouse.get(f"/desk/channels/{sale.number}/label.pdf").status_code == 409
    assert warehouse.get("/desk/channels/X0000000/label.pdf").status_code == 404
    assert sandbox.SandboxChannel().find(report.outlet, report.ref).reason == "below_price"  # type: ignore[union-attr]
