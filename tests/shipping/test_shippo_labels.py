"""Labels of Shippo's, bought once: answers that are lost, late, dearer or unreadable, from the sale to the socket."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.outbox import NotDone, OutboxState, OutcomeUnknown
from marketplace.mail.models import SandboxMail
from marketplace.orders.states import OrderState
from marketplace.shipping import parcels, shippo_purchases, shippo_rates
from marketplace.shipping.carrier import CarrierRefusal, LabelAnswer
from marketplace.shipping.models import AcceptedRate, ParcelState
from marketplace.shipping.shippo import ShippoCarrier
from tests.books import assert_books_balance
from tests.doubles.faults import Fault, fail_after_work, lose_answer, lose_request, refuse, slow
from tests.doubles.server import Answer, Call, answers
from tests.doubles.shippo import ShippoDouble
from tests.fresh import FreshDatabase
from tests.shipping.rigs import REQUEST, carrier_at
from tests.shipping.sales import labelled_order, parcel_of

KEY = "parcel-R12345678-1"
GARBAGE = Fault(status=201, body="<html>label</html>", reply="lie")
PRICE = 815


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A purchase without an answer has had its time at once."""
    monkeypatch.setattr(shippo_rates, "SETTLING", timedelta(0))


def age_rates(double: ShippoDouble, days: float) -> None:
    """Let days pass at Shippo's and for what we remember of it."""
    double.later(days=days)
    with unit_of_work() as session:
        for rate in session.scalars(sa.select(AcceptedRate)):
            rate.accepted_at -= timedelta(days=days)


def mails(message: str) -> int:
    sent = sa.select(sa.func.count()).select_from(SandboxMail).where(SandboxMail.message == message)
    return db.session.scalar(sent) or 0


# Lost answers --------------------------------------------------------------------------------------------------------


@pytest.mark.fault("L01")
@pytest.mark.parametrize(
    "trouble",
    [lose_answer("reset"), lose_answer("cut"), fail_after_work(500), fail_after_work(504), GARBAGE],
    ids=["reset", "cut off", "500", "504", "unreadable"],
)
def test_a_label_whose_answer_was_lost_is_found_by_its_rate_and_not_bought_again(app, shippo, trouble: Fault) -> None:
    shippo.plan("create_transaction", trouble)
    order = labelled_order()
    [(number, cost, _is_owed)] = shippo.labels
    assert (parcel_of(order).tracking_number, parcel_of(order).cost_minor) == (number, cost)
    assert (shippo.count("create_transaction"), shippo.count("create_shipment")) == (1, 1)
    assert order.state is OrderState.LABEL_ISSUED
    assert_books_balance(app, labels=lambda: shippo.labels)


def test_control_without_asking_by_rate_a_second_label_is_bought(app, shippo, at_once, monkeypatch) -> None:
    monkeypatch.setattr(shippo_purchases.Purchase, "look_up", lambda _purchase: None)
    shippo.plan("create_transaction", lose_answer())
    labelled_order()
    assert len(shippo.labels) == 2


@pytest.mark.fault("L01")
def test_absence_proves_nothing_while_the_purchase_may_still_be_at_work(shippo, carrier, monkeypatch) -> None:
    shippo.plan("create_transaction", lose_request())
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(REQUEST, KEY)
    for ask in (carrier.look_up_label, carrier.buy_label):
        with pytest.raises(OutcomeUnknown, match="under way"):
            ask(REQUEST, KEY)
    assert shippo.count("create_transaction") == 1
    monkeypatch.setattr(shippo_rates, "SETTLING", timedelta(0))
    assert carrier.look_up_label(REQUEST, KEY) is None
    assert isinstance(carrier.buy_label(REQUEST, KEY), LabelAnswer)
    assert len(shippo.labels) == 1


@pytest.mark.fault("L01")
def test_while_shippo_cannot_be_asked_the_outcome_stays_unknown(shippo, carrier, at_once) -> None:
    shippo.plan("create_transaction", lose_answer())
    shippo.plan("list_transactions", refuse(503), refuse(200, {"results": [{"status": "SUCCESS"}]}))
    for ask in (carrier.buy_label, carrier.look_up_label, carrier.look_up_label):
        with pytest.raises(OutcomeUnknown):
            ask(REQUEST, KEY)
    assert isinstance(carrier.look_up_label(REQUEST, KEY), LabelAnswer)
    assert len(shippo.labels) == 1


def test_a_list_that_holds_others_labels_too_is_not_believed(shippo, carrier, at_once) -> None:
    assert isinstance(carrier.buy_label(REQUEST, "parcel-R00000000-1"), LabelAnswer)
    [others] = shippo.transactions.values()
    shippo.plan("create_transaction", lose_request())
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(REQUEST, KEY)
    shippo.plan("list_transactions", refuse(200, {"results": [others]}))
    assert carrier.look_up_label(REQUEST, KEY) is None


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [(refuse(429), NotDone), (refuse(401, {"detail": "No."}), NotDone), (refuse(402), NotDone),
     (refuse(500), OutcomeUnknown), (refuse(302, None, Location="http://127.0.0.1:9/"), OutcomeUnknown),
     (lose_request(), OutcomeUnknown)],
    ids=["throttled", "token", "unpaid", "500", "redirect", "lost"],
)  # fmt: skip
def test_what_went_wrong_decides_whether_it_may_have_happened(shippo, carrier, trouble: Fault, outcome: type) -> None:
    shippo.plan("create_transaction", trouble)
    with pytest.raises(outcome):
        carrier.buy_label(REQUEST, KEY)
    assert shippo.labels == []


def test_a_shippo_that_is_away_has_done_nothing(shippo, carrier) -> None:
    shippo.stop()
    with pytest.raises(NotDone):
        carrier.buy_label(REQUEST, KEY)
    shippo.start()
    assert isinstance(carrier.buy_label(REQUEST, KEY), LabelAnswer)
    shippo.stop()  # between rate and purchase, too
    with pytest.raises(OutcomeUnknown):
        carrier.look_up_label(REQUEST, KEY)


def test_a_request_shippo_calls_wrong_is_refused_with_its_words(shippo, carrier) -> None:
    shippo.plan("create_transaction", refuse(400, {"rate": ["Rate is not valid."]}))
    answer = carrier.buy_label(REQUEST, KEY)
    assert answer == CarrierRefusal("service", "400 Rate is not valid.")
    assert carrier.look_up_label(REQUEST, KEY) is None


# Two at once ---------------------------------------------------------------------------------------------------------


def _race(fresh: FreshDatabase, double: ShippoDouble) -> list[str]:
    """Two workers buy under one key at the same moment; what each came to."""

    def buy() -> Any:
        return carrier_at(double).buy_label(REQUEST, KEY)

    double.plan("create_transaction", refuse(429), slow(0.4), slow(0.4))
    with pytest.raises(NotDone):
        fresh.run(buy)  # from here on its rate is remembered
    return sorted(type(outcome).__name__ for outcome in fresh.in_parallel([buy, buy]))


@pytest.mark.fault("L01")
def test_two_workers_with_one_key_buy_one_label(fresh_database) -> None:
    with ShippoDouble() as double:
        assert _race(fresh_database, double) == ["LabelAnswer", "OutcomeUnknown"]
        assert len(double.labels) == 1


def test_control_without_the_claim_they_buy_two(fresh_database, monkeypatch) -> None:
    monkeypatch.setattr(shippo_rates, "begin_order", lambda _rate: True)
    with ShippoDouble() as double:
        assert _race(fresh_database, double) == ["LabelAnswer", "LabelAnswer"]
        assert len(double.labels) == 2


class Watching(ShippoDouble):
    """Sees, at the moment a label is paid, what the shop has committed."""

    fresh: FreshDatabase
    seen: list[tuple[str, bool]]

    @answers("POST", "/transactions")
    def create_transaction(self, call: Call) -> Answer:
        rates = self.fresh.run(lambda: shippo_rates.accepted_rates(KEY))
        self.seen = [(rate.rate_ref, rate.ordered_at is not None) for rate in rates]
        return super().create_transaction(call)


def test_the_rate_is_committed_before_it_is_paid_for(fresh_database) -> None:
    with Watching() as double:
        double.fresh = fresh_database
        fresh_database.run(lambda: carrier_at(double).buy_label(REQUEST, KEY))
        [transaction] = double.transactions.values()
        assert double.seen == [(transaction["rate"], True)]


# Labels that take their time -----------------------------------------------------------------------------------------


@pytest.mark.fault("L02")
def test_a_label_still_being_written_is_waited_for_and_asked_about_again(app, shippo) -> None:
    shippo.writing.append((6, "SUCCESS"))
    order = labelled_order()
    (row,) = outbox.rows_of(parcel_of(order), parcels.LABEL)
    assert row.state is OutboxState.DONE
    assert row.attempts > 1  # two looks a visit were not enough
    assert (len(shippo.labels), shippo.count("create_transaction")) == (1, 1)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L02")
def test_a_label_that_ends_in_an_error_is_told_to_seller_and_desk_and_nothing_is_shipped(app, shippo) -> None:
    shippo.writing.append((4, "ERROR"))
    order = labelled_order()
    assert (parcel_of(order).state, order.state) == (ParcelState.LABEL_REFUSED, OrderState.PAID)
    assert (mails("label_refused"), mails("label"), mails("shipped")) == (1, 0, 0)
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.LABEL_LATE]
    assert (shippo.labels, shippo.count("create_transaction")) == ([], 1)
    assert_books_balance(app, labels=lambda: shippo.labels)


@pytest.mark.fault("L02")
def test_a_label_that_is_never_written_is_given_to_the_desk(app, shippo) -> None:
    shippo.writing.append((10_000, "SUCCESS"))
    order = labelled_order()
    (row,) = outbox.rows_of(parcel_of(order), parcels.LABEL)
    assert (row.state, row.attempts) == (OutboxState.PARKED, len(outbox.PAUSES) + 1)
    assert db.session.scalars(sa.select(Alarm.kind)).all() == [AlarmKind.JOB_PARKED]
    assert (order.state, parcel_of(order).state) == (OrderState.PAID, ParcelState.LABEL_WANTED)
    assert shippo.count("create_transaction") == 1


# Old rates -----------------------------------------------------------------------------------------------------------


def _rate_accepted(shippo: ShippoDouble, carrier: ShippoCarrier) -> None:
    shippo.plan("create_transaction", refuse(429))
    with pytest.raises(NotDone):
        carrier.buy_label(REQUEST, KEY)


@pytest.mark.fault("L03")
@pytest.mark.parametrize(("price", "cost_minor"), [("8.15", 815), ("7.00", 700), ("10.18", 1018)])
def test_an_old_rate_is_made_anew_and_its_price_paid(shippo, carrier, price: str, cost_minor: int) -> None:
    _rate_accepted(shippo, carrier)
    age_rates(shippo, days=7)
    shippo.prices["usps_ground_advantage"] = price
    answer = carrier.buy_label(REQUEST, KEY)
    assert isinstance(answer, LabelAnswer)
    assert answer.cost.minor == cost_minor
    assert [cost for _number, cost, _is_owed in shippo.labels] == [cost_minor]
    assert shippo.count("create_shipment") == 2


@pytest.mark.fault("L03")
def test_a_price_that_rose_by_more_than_a_quarter_is_for_a_person_to_pay(shippo, carrier) -> None:
    _rate_accepted(shippo, carrier)
    age_rates(shippo, days=7)
    shippo.prices["usps_ground_advantage"] = "10.20"
    answer = carrier.buy_label(REQUEST, KEY)
    assert answer == CarrierRefusal("price", "The label costs $10.20 now; $8.15 was accepted.")
    assert shippo.labels == []


def test_a_rate_of_yesterday_is_used(shippo, carrier) -> None:
    _rate_accepted(shippo, carrier)
    age_rates(shippo, days=6)
    shippo.prices["usps_ground_advantage"] = "10.20"
    answer = carrier.buy_label(REQUEST, KEY)
    assert isinstance(answer, LabelAnswer)
    assert (answer.cost.minor, shippo.count("create_shipment")) == (PRICE, 1)


def test_control_an_old_rate_bought_at_all_the_same_is_an_error_over_there(shippo, carrier, monkeypatch) -> None:
    monkeypatch.setattr(shippo_rates, "LONGEST_VALID", timedelta(days=30))
    _rate_accepted(shippo, carrier)
    age_rates(shippo, days=7.01)
    assert isinstance(carrier.buy_label(REQUEST, KEY), CarrierRefusal)


# What nobody has described -------------------------------------------------------------------------------------------


class Newer(ShippoDouble):
    """Shippo some years on: new words, new fields, amounts as numbers, others gone."""

    def after(self, call: Call, answer: Answer) -> None:
        super().after(call, answer)
        if call.operation == "create_shipment":
            answer.body = {**answer.body, "status": "SPLENDID", "carbon": {"grams": 3}, "address_to": "a" * 32}
            answer.body["rates"] = [{**rate, "amount": float(rate["amount"])} for rate in answer.body["rates"]]
            answer.body["rates"].insert(0, {"object_id": None, "servicelevel": 7})
        if call.operation in ("create_transaction", "get_transaction"):
            answer.body = {**answer.body, "status": "BRANDNEW", "rate": {"object_id": answer.body["rate"], "new": 1}}
            answer.body |= {"messages": "all is well", "label_size": [4, 6]}
            del answer.body["object_state"]


def test_new_words_and_fields_stop_no_sale(app) -> None:
    with Newer() as double:
        answer = carrier_at(double).buy_label(REQUEST, KEY)
        assert isinstance(answer, LabelAnswer)
        assert (answer.cost.minor, len(double.labels)) == (PRICE, 1)


def test_a_service_nobody_named_and_a_carrier_without_rates(shippo, carrier) -> None:
    shippo.prices = {"ups_ground": "12.25"}
    with pytest.raises(NotDone):
        carrier.buy_label(REQUEST, KEY)  # its carrier may be away for the moment
    shippo.prices = {"usps_priority": "10.40"}
    answer = carrier.buy_label(REQUEST, KEY)
    assert isinstance(answer, CarrierRefusal)
    assert (answer.code, shippo.labels) == ("service", [])
