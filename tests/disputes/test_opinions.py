"""A blind second opinion: neither agent reads the other's view before both are in; it lapses with the decision."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from marketplace.database import db, unit_of_work
from marketplace.disputes import deciding, opinions
from marketplace.disputes.models import Dispute
from marketplace.disputes.opinions import CannotAskOpinion, CannotGiveOpinion, NotThatColleague, NotThatView, View
from marketplace.disputes.permissions import OwnCase
from marketplace.disputes.states import DisputeState, Remedy
from marketplace.orders.refunding import MoreThanLeft
from marketplace.people.models import Person, Role, StaffRole
from tests.accounts import an_account
from tests.disputes.cases import act, again, an_agent, in_review, ruling, seller, usd
from tests.disputes.test_pages import browser
from tests.web import Browser, page, post_form

MINE = View(Remedy.PARTIAL_REFUND, "Half of what they ask.", usd(2_000))
THEIRS = View(Remedy.DISMISS, "The wear is in the listing.")


def read_by(dispute: Dispute, person: Person) -> list[Remedy]:
    return [view.remedy for view in opinions.readable(again(dispute), person)]


@pytest.mark.fault("P06")
def test_neither_reads_the_other_before_both_are_in(app: Flask) -> None:
    dispute, first, second, third = in_review(), an_agent(), an_agent(), an_agent()
    dispute = act(dispute, opinions.ask, second, MINE, by=first)
    assert [read_by(dispute, one) for one in (first, second, third)] == [[Remedy.PARTIAL_REFUND], [], []]
    assert [case.id for case in opinions.asked_of(second)] == [dispute.id]
    with pytest.raises(CannotGiveOpinion):
        act(dispute, opinions.give, THEIRS, by=third)
    with pytest.raises(CannotAskOpinion):
        act(dispute, opinions.ask, third, MINE, by=first)
    dispute = act(dispute, opinions.give, THEIRS, by=second)
    both = [Remedy.PARTIAL_REFUND, Remedy.DISMISS]
    assert [read_by(dispute, one) for one in (first, second, third)] == [both, both, both]
    assert opinions.asked_of(second) == []
    with pytest.raises(CannotGiveOpinion):
        act(dispute, opinions.give, THEIRS, by=second)
    assert dispute.state is DisputeState.IN_REVIEW, "an opinion decides nothing"


def test_it_lapses_when_the_case_is_decided_first(app: Flask) -> None:
    dispute, first, second = in_review(), an_agent(), an_agent()
    act(dispute, opinions.ask, second, MINE, by=first)
    dispute = act(dispute, deciding.decide, ruling(Remedy.DISMISS), by=first)
    assert dispute.opinions[0].lapsed_at is not None
    assert opinions.asked_of(second) == []
    with pytest.raises(CannotGiveOpinion):
        act(dispute, opinions.give, THEIRS, by=second)
    assert read_by(dispute, second) == []
    with pytest.raises(CannotAskOpinion):
        act(dispute, opinions.ask, second, MINE, by=an_agent())


@pytest.mark.fault("P06")
def test_only_another_agent_who_is_no_party_can_be_asked(app: Flask) -> None:
    dispute, first = in_review(), an_agent()
    with unit_of_work():
        for party in (seller(dispute), dispute.order.buyer):
            db.session.add(StaffRole(person_id=party.id, role=Role.AGENT, given_at=dispute.opened_at))
    reviewer = an_account(roles=[Role.REVIEWER])
    for colleague in (first, seller(dispute), dispute.order.buyer, reviewer):
        with pytest.raises(NotThatColleague):
            act(dispute, opinions.ask, colleague, MINE, by=first)
    with pytest.raises(OwnCase):
        act(dispute, opinions.ask, first, MINE, by=seller(dispute))
    assert again(dispute).opinions == []


@pytest.mark.parametrize(
    ("view", "why"),
    [(View(Remedy.LEAVE, "As it was."), NotThatView), (View(Remedy.PARTIAL_REFUND, "A."), MoreThanLeft)],
)
def test_a_view_has_to_be_one_that_could_be_decided(app: Flask, view: View, why: type[Exception]) -> None:
    dispute, first, second = in_review(), an_agent(), an_agent()
    with pytest.raises(why):
        act(dispute, opinions.ask, second, view, by=first)
    assert again(dispute).opinions == []


def test_two_agents_ask_and_answer_on_the_page_of_the_case(app: Flask) -> None:
    dispute, first, second = in_review(), an_agent(), an_agent()
    path = f"/desk/disputes/{dispute.number}"
    asker, asked = browser(app, first), browser(app, second)
    said = {"opinion-remedy": "partial_refund", "opinion-words": "The corner is worn.", "opinion-amount": "900.00"}
    assert asked_on(asker, path, {**said, "opinion-colleague": str(second.id)}).status_code == 422
    assert asked_on(
        asker, path, {**said, "opinion-amount": "20.00", "opinion-colleague": str(second.id)}
    ).location.endswith(path)
    assert dispute.number in page(asked.get("/desk/disputes")).find("section").get_text()
    assert "The corner is worn." not in asked.get(path).get_data(as_text=True)
    assert page(asker.get(path)).find("form", id="ask-opinion") is None
    given = {"opinion-remedy": "dismiss", "opinion-words": "It was shown."}
    assert post_form(asked, path, "give-opinion", **given).status_code == 303
    for reader in (asker, asked):
        text = reader.get(path).get_data(as_text=True)
        assert "The corner is worn." in text and "It was shown." in text
    assert asked.post(f"{path}/give-opinion", data={"csrf_token": _token(asked, path)}).status_code == 409


def asked_on(client: Browser, path: str, said: dict[str, str]) -> Any:
    return post_form(client, path, "ask-opinion", **said)


def _token(client: Browser, path: str) -> str:
    field = page(client.get(path)).find("input", attrs={"name": "csrf_token"})
    assert field is not None
    return str(field["value"])
