"""What failed and was mended is tried again from the desk, with a reason on record."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from marketplace import clock
from marketplace.credits.issuer import IssuedCard, IssueRefused
from marketplace.credits.own import OwnIssuer
from marketplace.database import db, unit_of_work
from marketplace.events import SYSTEM
from marketplace.jobs import outbox
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import NotDone
from marketplace.ledger import Account, balance
from marketplace.orders import refunding
from marketplace.orders.models import Order
from marketplace.orders.refunding import EndReason
from marketplace.payments.gateway import RefundRefused, RefundReport
from marketplace.payments.models import Refund, RefundState
from marketplace.payments.sandbox import SandboxGateway
from marketplace.payouts.models import PayoutState
from marketplace.people.models import Person, Role
from tests.accounts import an_account
from tests.books import assert_books_balance
from tests.jobs.outside import KIND, Outside, enqueue
from tests.orders.stories import confirm, delivered_order
from tests.payouts.test_issuers import payout_for
from tests.shipping.sales import sold_order, sweep
from tests.web import Browser, find_form, form_fields


@pytest.fixture
def agent(app, client: Browser) -> Person:
    agent = an_account(name="Rene Desk", roles=[Role.AGENT])
    client.sign_in_as(agent)
    return agent


def alarm(kind: AlarmKind) -> Alarm:
    db.session.expire_all()
    return db.session.scalars(sa.select(Alarm).where(Alarm.kind == kind).order_by(Alarm.id.desc())).first()  # type: ignore[return-value]


def try_again(client: Browser, which: Alarm, reason: str) -> int:
    """Press the second button of the alarm's form."""
    form = find_form(client.get("/desk"), f"clear-{which.id}")
    button = form.find("button", attrs={"formaction": True})
    assert button is not None
    assert button.get_text() == "Try again"
    return client.post(str(button["formaction"]), data={**form_fields(form), "reason": reason}).status_code


def no_card(*_asked: object) -> IssuedCard:
    raise IssueRefused("account closed")


def test_a_refused_gift_card_is_asked_for_again(app, client: Browser, agent: Person) -> None:
    with pytest.MonkeyPatch.context() as away:
        away.setattr(OwnIssuer, "issue", no_card)
        order = delivered_order()
        confirm(order)
    assert payout_for(order).state is PayoutState.REFUSED
    raised = alarm(AlarmKind.PAYOUT_REFUSED)
    assert order.number in client.get("/desk").text
    assert try_again(client, raised, "Account opened again") == 303
    sweep()
    cleared = alarm(AlarmKind.PAYOUT_REFUSED)
    assert (cleared.cleared_by_id, cleared.reason) == (agent.id, "Account opened again")
    assert payout_for(order).state is PayoutState.ISSUED
    assert_books_balance(app)


def test_a_parked_job_gets_another_round(client: Browser, agent: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    world = Outside(trouble=NotDone("away"))
    monkeypatch.setitem(outbox._handlers, KIND, world)
    enqueue("a")
    with unit_of_work() as session:
        session.execute(sa.update(outbox.OutboxRow).values(attempts=len(outbox.PAUSES)))
    outbox.run_due()
    world.trouble = None
    assert try_again(client, alarm(AlarmKind.JOB_PARKED), "Line mended") == 303
    sweep()
    assert world.done == {"a": 1}


def refused(*_asked: object) -> RefundReport:
    raise RefundRefused("account closed")


def test_a_refund_that_failed_is_sent_again(app, client: Browser, agent: Person) -> None:
    order = sold_order()
    with pytest.MonkeyPatch.context() as away:
        away.setattr(SandboxGateway, "refund", refused)
        with unit_of_work():
            order = db.session.get_one(Order, order.id)
            refunding.cancel(order, reason=EndReason.DESK_CANCELLED, by=SYSTEM, at=clock.now())
        sweep()
    assert balance(Account.REFUND_PAYABLE, "USD", order_id=order.id) == -order.total
    raised = alarm(AlarmKind.REFUND_FAILED)
    assert try_again(client, raised, "The bank has opened the account again") == 303
    sweep()
    assert alarm(AlarmKind.REFUND_FAILED).cleared_by_id == agent.id
    states = db.session.scalars(sa.select(Refund.state).where(Refund.order_id == order.id).order_by(Refund.id)).all()
    assert states == [RefundState.FAILED, RefundState.DONE]
    assert balance(Account.REFUND_PAYABLE, "USD", order_id=order.id).minor == 0
    assert_books_balance(app)


def test_without_a_reason_nothing_is_tried(client: Browser, agent: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(outbox._handlers, KIND, Outside(trouble=NotDone("away")))
    enqueue("a")
    with unit_of_work() as session:
        session.execute(sa.update(outbox.OutboxRow).values(attempts=len(outbox.PAUSES)))
    outbox.run_due()
    assert try_again(client, alarm(AlarmKind.JOB_PARKED), " ") == 303
    assert alarm(AlarmKind.JOB_PARKED).cleared_at is None
    assert db.session.scalars(sa.select(outbox.OutboxRow.state)).one() is outbox.OutboxState.PARKED
