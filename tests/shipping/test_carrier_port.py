"""What every implementation of the carrier's port must do; today the sandbox's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.shipping.carrier import (
    Carrier,
    CarrierRefusal,
    LabelAnswer,
    LabelRequest,
    LabelVoided,
    ParcelSize,
    current_carrier,
)
from marketplace.shipping.models import TrackingStatus
from marketplace.shipping.postal import PostalAddress
from tests.shipping.sales import SHIP_FROM, SHIP_TO

REQUEST = LabelRequest(
    reference="R12345678",
    carrier="USPS",
    service="USPS Ground Advantage",
    ship_from=PostalAddress.of(SHIP_FROM),
    ship_to=PostalAddress.of(SHIP_TO),
    size=ParcelSize(400, 300, 200, 1800),
    currency="USD",
    wanted_at=datetime(2026, 11, 23, 15, tzinfo=UTC),
)


def _to(street: str) -> LabelRequest:
    return replace(REQUEST, ship_to=replace(REQUEST.ship_to, line1=street))


@pytest.fixture
def carrier(app) -> Carrier:
    return current_carrier()


@pytest.fixture
def label(carrier: Carrier) -> LabelAnswer:
    answer = carrier.buy_label(REQUEST, "parcel-1")
    assert isinstance(answer, LabelAnswer)
    return answer


def test_a_label_has_a_number_a_document_and_a_price(label: LabelAnswer) -> None:
    assert label.label_pdf.startswith(b"%PDF")
    assert label.cost.minor > 0
    assert (label.cost.currency, label.carrier, label.service) == ("USD", "usps", REQUEST.service)
    assert label.tracking_number in label.tracking_url


def test_the_same_key_is_the_same_label_and_another_key_another(carrier: Carrier, label: LabelAnswer) -> None:
    assert carrier.buy_label(REQUEST, "parcel-1") == label
    assert carrier.look_up_label(REQUEST, "parcel-1") == label
    other = carrier.buy_label(REQUEST, "parcel-2")
    assert isinstance(other, LabelAnswer)
    assert other.tracking_number != label.tracking_number
    assert other.provider_ref != label.provider_ref


def test_what_was_never_asked_for_is_not_found(carrier: Carrier) -> None:
    assert carrier.look_up_label(REQUEST, "parcel-9") is None
    assert carrier.track("usps", "9400100000000000000001") == []


def test_a_refusal_buys_nothing(carrier: Carrier) -> None:
    answer = carrier.buy_label(_to("12 No Label Lane"), "parcel-1")
    assert isinstance(answer, CarrierRefusal)
    assert answer.code == "address"
    assert carrier.look_up_label(_to("12 No Label Lane"), "parcel-1") is None


def test_a_lost_answer_is_found_again(carrier: Carrier) -> None:
    request = _to("12 Lost Answer Lane")
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(request, "parcel-1")
    found = carrier.look_up_label(request, "parcel-1")
    assert isinstance(found, LabelAnswer)
    assert carrier.buy_label(request, "parcel-1") == found


def test_a_busy_carrier_has_done_nothing(carrier: Carrier) -> None:
    request = _to("12 Busy Carrier Road")
    for _time in range(2):
        with pytest.raises(NotDone):
            carrier.buy_label(request, "parcel-1")
        assert carrier.look_up_label(request, "parcel-1") is None
    assert isinstance(carrier.buy_label(request, "parcel-1"), LabelAnswer)


def test_a_cancellation_twice_is_one(carrier: Carrier, label: LabelAnswer) -> None:
    assert carrier.look_up_cancellation(label.provider_ref, "void-1") is None
    answers = [carrier.cancel_label(label.provider_ref, "void-1") for _time in range(2)]
    assert isinstance(answers[0], LabelVoided)
    assert [*answers, carrier.look_up_cancellation(label.provider_ref, "void-1")] == [answers[0]] * 3


def test_a_new_label_is_known_to_be_waiting_and_to_its_own_carrier_only(carrier: Carrier, label: LabelAnswer) -> None:
    (report,) = carrier.track(label.carrier, label.tracking_number)
    assert report.status is TrackingStatus.PRE_TRANSIT
    assert carrier.track("fedex", label.tracking_number) == []


@pytest.mark.parametrize("key", ["a", "b", "c", "parcel-R12345678-1"])
def test_a_tracking_number_has_22_figures_and_its_check_digit(carrier: Carrier, key: str) -> None:
    answer = carrier.buy_label(REQUEST, key)
    assert isinstance(answer, LabelAnswer)
    figures = [int(figure) for figure in answer.tracking_number]
    assert len(figures) == 22
    assert (3 * sum(figures[-2::-2]) + sum(figures[-1::-2])) % 10 == 0
