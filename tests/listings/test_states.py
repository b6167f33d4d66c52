"""Every operation in every state: it moves the listing as the table says, or refuses by name and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.events import SYSTEM
from marketplace.jobs.outbox import OutboxRow
from marketplace.listings import drafting, flaws, repricing, review, states, submitting, supply, withdrawing
from marketplace.listings.models import Listing
from marketplace.listings.review import ChangeWanted
from marketplace.listings.states import LISTING, ListingState
from marketplace.money import Money
from tests.listings.pieces import a_listing_in, a_reviewer, seller_of

S = ListingState
OPEN_STATES = (S.DRAFT, S.SUBMITTED, S.CHANGES_REQUESTED, S.PRICE_PROPOSED, S.LIVE, S.PAUSED)

# (operation, its refusal, {state it may leave: state it leads to})
MOVES: dict[str, tuple[type[Refusal], dict[ListingState, ListingState]]] = {
    "submit": (states.CannotSubmit, {S.DRAFT: S.SUBMITTED, S.CHANGES_REQUESTED: S.SUBMITTED}),
    "publish": (states.CannotPublish, {S.DRAFT: S.LIVE}),
    "approve": (states.CannotReview, {S.SUBMITTED: S.LIVE}),
    "request_changes": (states.CannotReview, {S.SUBMITTED: S.CHANGES_REQUESTED}),
    "propose_price": (states.CannotReview, {S.SUBMITTED: S.PRICE_PROPOSED}),
    "decline": (states.CannotReview, {S.SUBMITTED: S.DECLINED}),
    "accept_price": (states.CannotAnswerProposal, {S.PRICE_PROPOSED: S.LIVE}),
    "refuse_price": (states.CannotAnswerProposal, {S.PRICE_PROPOSED: S.CHANGES_REQUESTED}),
    "pause": (states.CannotPause, {S.LIVE: S.PAUSED}),
    "resume": (states.CannotResume, {S.PAUSED: S.LIVE}),
    "raise_price": (states.CannotReprice, {S.LIVE: S.SUBMITTED, S.PAUSED: S.SUBMITTED}),
    "call_in": (states.CannotCallIn, {S.LIVE: S.SUBMITTED, S.PAUSED: S.SUBMITTED}),
    "hold": (states.NotAvailable, {S.LIVE: S.HELD}),
    "release": (states.CannotRelease, {S.HELD: S.LIVE}),
    "sell": (states.CannotSell, {S.HELD: S.SOLD, S.LIVE: S.SOLD}),
    "take_back": (states.CannotTakeBack, {S.SOLD: S.WITHDRAWN}),
    "withdraw": (states.CannotWithdraw, dict.fromkeys(OPEN_STATES, S.WITHDRAWN)),
    "remove": (states.CannotRemove, dict.fromkeys(OPEN_STATES[1:], S.REMOVED)),
}


def test_the_table_is_what_this_page_says() -> None:
    said = {(source, action): target for action, (_, moves) in MOVES.items() for source, target in moves.items()}
    assert said == dict(LISTING.table)
    assert {action: refusal for action, (refusal, _) in MOVES.items()} == dict(LISTING.refusals)


def operations(listing: Listing) -> dict[str, Callable[[], Any]]:
    """Each action as the product performs it."""
    seller, reviewer, at = seller_of(listing), a_reviewer(), clock.now() + timedelta(minutes=1)
    seen = listing.submitted_at or at
    dearer = Money((listing.approved_price_minor or listing.price_minor or 0) + 100, "USD")
    wanted = [ChangeWanted("photo_unclear")]

    def moves(action: str) -> Callable[[], Any]:
        return lambda: events.transition(listing, action, by=SYSTEM, at=at)

    return {
        "submit": lambda: submitting.submit(listing, by=seller, at=at),
        "publish": lambda: supply.publish(listing, by=reviewer, at=at),
        "approve": lambda: review.approve(listing, seen=seen, by=reviewer, at=at),
        "request_changes": lambda: review.request_changes(listing, wanted, seen=seen, by=reviewer, at=at),
        "propose_price": lambda: review.propose_price(listing, Money(9_900, "USD"), seen=seen, by=reviewer, at=at),
        "decline": lambda: review.decline(listing, "other", seen=seen, by=reviewer, at=at),
        "accept_price": lambda: repricing.accept_price(listing, by=seller, at=at),
        "refuse_price": lambda: repricing.refuse_price(listing, by=seller, at=at),
        "pause": lambda: repricing.pause(listing, by=seller, at=at),
        "resume": lambda: repricing.resume(listing, by=seller, at=at),
        "raise_price": lambda: repricing.reprice(listing, dearer, by=seller, at=at),
        "call_in": moves("call_in"),
        "hold": moves("hold"),
        "release": moves("release"),
        "sell": moves("sell"),
        "take_back": lambda: withdrawing.take_back(listing, by=seller, at=at),
        "withdraw": lambda: withdrawing.withdraw(listing, by=seller, at=at),
        "remove": lambda: withdrawing.remove(listing, "other", by=reviewer, at=at),
    }


def everything(listing: Listing) -> tuple[Any, ...]:
    """What must be the same after a refusal: the row, its events, what was to be mailed."""
    db.session.expire_all()
    row = {column.key: getattr(listing, column.key) for column in Listing.__table__.columns}
    letters = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxRow))
    return row, len(events.history(listing)), letters


@pytest.mark.parametrize("state", list(ListingState))
def test_each_operation_moves_or_is_refused(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    todo = operations(listing)
    before = everything(listing)
    for action, (refusal, moves) in MOVES.items():
        if state not in moves:
            with pytest.raises(refusal), unit_of_work():
                todo[action]()
            assert everything(listing) == before, action
            continue
        with db.session.begin_nested() as attempt:
            todo[action]()
            assert listing.state is moves[state], action
            last = events.history(listing)[-1]
            assert (last.action, last.from_state, last.to_state) == (action, state, moves[state])
            attempt.rollback()
        assert everything(listing) == before, action


@pytest.mark.parametrize("state", [state for state in ListingState if state not in states.EDITABLE])
def test_what_was_handed_in_is_not_edited_any_more(app: Flask, state: ListingState) -> None:
    listing = a_listing_in(state)
    seller, at = seller_of(listing), clock.now()
    before = everything(listing)
    edits: list[Callable[[], Any]] = [
        lambda: drafting.save_condition(listing, grade="good", words="", by=seller, at=at),
        lambda: drafting.save_price(listing, price=Money(5_000, "USD"), by=seller, at=at),
        lambda: flaws.add_flaw(listing, part="corners", kind="scuff", severity="light", note="", by=seller, at=at),
    ]
    for edit in edits:
        with pytest.raises(drafting.NotEditable), unit_of_work():
            edit()
        assert everything(listing) == before
