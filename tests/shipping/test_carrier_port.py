"""What every implementation of the carrier's port must do: the sandbox's, and Shippo's on a double of Shippo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from marketplace.jobs.outbox import NotDone, OutcomeUnknown
from marketplace.shipping.carrier import Carrier, CarrierRefusal, LabelAnswer, LabelVoided
from marketplace.shipping.models import TrackingStatus
from tests.shipping.rigs import REQUEST, RIGS, Rig, to


@pytest.fixture(params=sorted(RIGS))
def rig(app, request: pytest.FixtureRequest) -> Iterator[Rig]:
    yield from RIGS[request.param]()


@pytest.fixture
def carrier(rig: Rig) -> Carrier:
    return rig.carrier


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
    answer = carrier.buy_label(to("12 No Label Lane"), "parcel-1")
    assert isinstance(answer, CarrierRefusal)
    assert answer.code == "address"
    assert carrier.look_up_label(to("12 No Label Lane"), "parcel-1") is None


@pytest.mark.fault("L01")
def test_a_lost_answer_is_found_again(rig: Rig, carrier: Carrier) -> None:
    request = rig.losing_its_answer()
    with pytest.raises(OutcomeUnknown):
        carrier.buy_label(request, "parcel-1")
    found = carrier.look_up_label(request, "parcel-1")
    assert isinstance(found, LabelAnswer)
    assert carrier.buy_label(request, "parcel-1") == found


def test_a_busy_carrier_has_done_nothing(rig: Rig, carrier: Carrier) -> None:
    request = rig.busy_twice()
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


def test_an_address_is_deliverable_or_the_carrier_says_why_not(carrier: Carrier) -> None:
    assert carrier.check_address(REQUEST.ship_to).deliverable
    assert carrier.check_address(REQUEST.ship_to).suggestion == REQUEST.ship_to
    verdict = carrier.check_address(to("1 Nowhere Street").ship_to)
    assert not verdict.deliverable
    assert verdict.words
