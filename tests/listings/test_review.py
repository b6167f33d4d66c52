"""A reviewer decides: who may, on what, with which reasons, and what happens if nobody does (MK-05 to MK-13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs import deadlines
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.deadlines import waiting_deadline
from marketplace.jobs.outbox import OutboxRow, rows_of
from marketplace.listings import drafting, piece, repricing, review, submitting, terms, withdrawing
from marketplace.listings.completeness import Incomplete
from marketplace.listings.eligibility import standing_of
from marketplace.listings.finding import public_number, public_path
from marketplace.listings.models import Listing
from marketplace.listings.review import ChangeWanted
from marketplace.listings.states import CannotReview, ListingState
from marketplace.money import Money
from marketplace.people.models import Person, Role, StaffRole
from marketplace.programme import versions
from tests.accounts import an_account
from tests.fresh import FreshDatabase
from tests.listings.pieces import (
    a_reviewer,
    a_submitted_listing,
    approve,
    ask_for_changes,
    decline,
    propose,
    seller_of,
)
from tests.programme.policies import changed
from tests.programme.world import a_complete_draft, a_draft, a_flaw, graded, submitted

FRIDAY_NOON = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)  # noon in New York
TUESDAY_END = datetime(2026, 11, 25, 4, 59, 59, tzinfo=UTC)  # the last second of Tuesday there


def letters(listing: Listing) -> list[str]:
    return [row.request["message"] for row in rows_of(listing, "mail")]


def refusal_of(action: Callable[[], object]) -> Refusal:
    """What the action refuses with; the refusal leaves nothing behind."""
    rows = db.session.scalar(sa.select(sa.func.count()).select_from(OutboxRow))
    with pytest.raises(Refusal) as refused, unit_of_work():
        action()
    db.session.expire_all()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(OutboxRow)) == rows
    return refused.value


# Handing in ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-08")
def test_review_is_due_after_two_business_days(app: Flask, clock_at: Callable[[datetime], datetime]) -> None:
    clock_at(FRIDAY_NOON)
    listing = a_submitted_listing()
    assert listing.review_due_at == TUESDAY_END
    waiting = waiting_deadline(review.REVIEW, listing)
    assert waiting is not None and waiting.due_at == TUESDAY_END
    assert letters(listing) == ["listing_submitted"]


@pytest.mark.rule("MK-05")
def test_nothing_is_public_before_its_review(app: Flask) -> None:
    listing = a_submitted_listing()
    path = public_path(listing).removeprefix("/p/")
    assert refusal_of(lambda: piece.read(piece.statement(), public_number(path))).status == 404
    approve(listing)
    assert piece.read(piece.statement(), public_number(path)).id == listing.id
    assert (listing.live_at, listing.approved_price_minor) == (clock.now(), 18_000)
    assert waiting_deadline(review.REVIEW, listing) is None
    assert letters(listing) == ["listing_submitted", "listing_live"]


def test_everything_missing_is_named_at_once(app: Flask) -> None:
    listing = a_draft()
    a_flaw(listing, "corners", "scuff", "light")
    a_flaw(listing, "smell", "odour", "light")
    refusal = refusal_of(lambda: submitting.submit(listing, by=seller_of(listing), at=clock.now()))
    assert isinstance(refusal, Incomplete)
    found = [(thing.step, thing.anchor) for thing in refusal.missing]
    close_up = f"flaw-{listing.flaws[0].id}"  # none of the smell
    assert found == [
        ("details", "line1"),
        ("condition", "grade"),
        ("photos", "front"),
        ("photos", "back"),
        ("photos", "inside"),
        ("photos", close_up),
        ("price", "price"),
    ]
    assert listing.state is ListingState.DRAFT


@pytest.mark.rule("MK-29", "MK-30")
def test_tags_and_flaws_need_a_photo_of_their_own(app: Flask) -> None:
    listing = a_complete_draft(grade="new_with_tags")
    tags = refusal_of(lambda: submitting.submit(listing, by=seller_of(listing), at=clock.now()))
    assert isinstance(tags, Incomplete) and [thing.anchor for thing in tags.missing] == ["price_tag"]
    graded(listing, "excellent")
    flaw = a_flaw(listing, "corners", "scuff", "light")
    flaws = refusal_of(lambda: submitting.submit(listing, by=seller_of(listing), at=clock.now()))
    assert isinstance(flaws, Incomplete) and [thing.anchor for thing in flaws.missing] == [f"flaw-{flaw.id}"]


@pytest.mark.rule("GAP-18")
def test_eligibility_is_todays_while_the_sellers_terms_are_those_of_the_draft(app: Flask) -> None:
    listing = a_complete_draft()
    begun_under = listing.policy_version_id
    with unit_of_work():
        versions.publish(changed({"payout.payout_basis_points": 7_000}), at=clock.now())
    submitted(listing)
    assert listing.policy_version_id == begun_under != versions.current().id
    assert terms.payout(listing, Money(10_000, "USD")) == Money(8_000, "USD")
    ask_for_changes(listing)
    refused = [{"key": "fall-2020", "label": "Fall 2020", "refusal": "Not this one at this time."}]
    with unit_of_work():
        versions.publish(changed({"eligibility.refused_collections": refused}), at=clock.now())
    refusal = refusal_of(lambda: submitting.submit(listing, by=seller_of(listing), at=clock.now()))
    assert str(refusal.message) == "Not this one at this time."


# Deciding ------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("MK-09", "MK-10", "MK-11")
def test_a_change_is_asked_for_beside_its_field_with_rule_and_fix(app: Flask) -> None:
    listing = a_submitted_listing()
    ask_for_changes(listing, "photo_unclear", "flaw_not_described", "grade_too_high", words="The left corner.")
    notes = review.open_notes(listing)
    assert [(note.field, note.reason, note.words) for note in notes] == [
        ("photos", "photo_unclear", "The left corner."),
        ("flaws", "flaw_not_described", "The left corner."),
        ("condition", "grade_too_high", "The left corner."),
    ]
    assert listing.state is ListingState.CHANGES_REQUESTED
    assert letters(listing)[-1] == "changes_requested"
    submitted(listing)
    assert review.open_notes(listing) == []


@pytest.mark.rule("MK-06", "MK-12", "MK-67")
def test_a_listing_is_declined_with_its_reason_and_where_to_ask(app: Flask) -> None:
    listing = a_submitted_listing()
    decline(listing, "not_the_piece", "The lining is another one.")
    assert listing.state is ListingState.DECLINED
    words = review.decision_words(listing)
    assert (
        words == "The photos show a different piece from the one in your purchase history. The lining is another one."
    )
    letter = rows_of(listing, "mail")[-1].request
    assert letter["message"] == "listing_declined" and letter["facts"]["reason"] == words
    assert listing.item.purchase is not None
    refusal = standing_of(listing.item.purchase, 1, seller_of(listing)).refusal
    assert refusal is not None and "care@velorne.example" in str(refusal.message)


@pytest.mark.rule("MK-13", "GAP-06")
def test_nothing_goes_live_at_a_price_its_seller_has_not_accepted(app: Flask, advance: Callable[..., datetime]) -> None:
    listing = a_submitted_listing()
    propose(listing, 15_000)
    assert (listing.state, listing.price_minor, listing.proposed_price_minor) == ("price_proposed", 18_000, 15_000)
    assert letters(listing)[-1] == "price_proposed"
    with unit_of_work():
        repricing.refuse_price(listing, by=seller_of(listing), at=clock.now())
    assert (listing.state, listing.price_minor, listing.proposed_price_minor) == ("changes_requested", 18_000, None)
    with unit_of_work():
        submitting.submit(listing, by=seller_of(listing), at=advance(minutes=1))
    propose(listing, 16_000)
    with unit_of_work():
        repricing.accept_price(listing, by=seller_of(listing), at=advance(minutes=1))
    assert (listing.state, listing.price_minor, listing.approved_price_minor) == ("live", 16_000, 16_000)


def test_a_proposal_is_another_price_within_the_bounds(app: Flask) -> None:
    listing = a_submitted_listing()
    seen, by = listing.submitted_at, a_reviewer()
    assert seen is not None

    def proposing(minor: int) -> Callable[[], None]:
        return lambda: review.propose_price(listing, Money(minor, "USD"), seen=seen, by=by, at=clock.now())

    assert isinstance(refusal_of(proposing(18_000)), review.SamePrice)
    assert isinstance(refusal_of(proposing(1)), drafting.PriceOutOfBounds)
    assert listing.state is ListingState.SUBMITTED


@pytest.mark.parametrize("reasons", [[], ["no_such_reason"], ["photo_unclear", "no_such_reason"]])
def test_a_change_needs_reasons_the_policy_knows(app: Flask, reasons: list[str]) -> None:
    listing = a_submitted_listing()
    seen, by = listing.submitted_at, a_reviewer()
    assert seen is not None
    wanted = [ChangeWanted(reason) for reason in reasons]
    refusal = refusal_of(lambda: review.request_changes(listing, wanted, seen=seen, by=by, at=clock.now()))
    assert isinstance(refusal, review.NoReason)
    assert listing.state is ListingState.SUBMITTED and review.open_notes(listing) == []


def test_nobody_decides_on_their_own_listing(app: Flask) -> None:
    listing = a_submitted_listing()
    seller, seen = seller_of(listing), listing.submitted_at
    assert seen is not None
    with unit_of_work():
        seller.roles.append(StaffRole(role=Role.MANAGER, given_at=clock.now()))
    attempts: list[Callable[[], None]] = [
        lambda: review.approve(listing, seen=seen, by=seller, at=clock.now()),
        lambda: review.request_changes(listing, [ChangeWanted("photo_unclear")], seen=seen, by=seller, at=clock.now()),
        lambda: review.propose_price(listing, Money(20_000, "USD"), seen=seen, by=seller, at=clock.now()),
        lambda: review.decline(listing, "other", seen=seen, by=seller, at=clock.now()),
    ]
    for attempt in attempts:
        assert isinstance(refusal_of(attempt), review.OwnListing)
    assert listing.state is ListingState.SUBMITTED


def test_only_reviewers_decide(app: Flask) -> None:
    listing = a_submitted_listing()
    seen, agent = listing.submitted_at, an_account(roles=[Role.AGENT])
    assert seen is not None
    refusal = refusal_of(lambda: review.approve(listing, seen=seen, by=agent, at=clock.now()))
    assert isinstance(refusal, review.NotAReviewer)


def test_a_version_that_was_changed_meanwhile_is_not_decided_by_mistake(app: Flask) -> None:
    listing = a_submitted_listing()
    seen_before, reviewer = listing.submitted_at, a_reviewer()
    assert seen_before is not None
    ask_for_changes(listing)
    with unit_of_work():
        submitting.submit(listing, by=seller_of(listing), at=clock.now() + timedelta(hours=1))
    refusal = refusal_of(lambda: review.approve(listing, seen=seen_before, by=reviewer, at=clock.now()))
    assert isinstance(refusal, review.ChangedMeanwhile)
    assert listing.state is ListingState.SUBMITTED


def test_of_two_reviewers_one_decides(fresh_database: FreshDatabase) -> None:
    def prepare() -> tuple[int, list[int]]:
        return a_submitted_listing().id, [a_reviewer().id for _ in range(4)]

    listing_id, reviewers = fresh_database.run(prepare)

    def decide(reviewer_id: int) -> str:
        with unit_of_work() as session:
            listing, by = session.get_one(Listing, listing_id), session.get_one(Person, reviewer_id)
            seen = listing.submitted_at or clock.now()
            if reviewer_id % 2:
                review.approve(listing, seen=seen, by=by, at=clock.now())
            else:
                review.decline(listing, "other", seen=seen, by=by, at=clock.now())
        return "decided"

    outcomes = fresh_database.in_parallel([lambda one=one: decide(one) for one in reviewers])  # type: ignore[misc]
    assert outcomes.count("decided") == 1, outcomes
    assert all(outcome == "decided" or isinstance(outcome, Refusal) for outcome in outcomes), outcomes

    def decisions() -> int:
        history = events.history(db.session.get_one(Listing, listing_id))
        return sum(event.action in {"approve", "decline"} for event in history)

    assert fresh_database.run(decisions) == 1


# Nobody does ---------------------------------------------------------------------------------------------------------


def test_an_overdue_review_alarms_the_desk_and_names_a_new_date(
    app: Flask, clock_at: Callable[[datetime], datetime]
) -> None:
    clock_at(FRIDAY_NOON)
    listing = a_submitted_listing()
    clock_at(TUESDAY_END - timedelta(seconds=1))
    deadlines.sweep()
    db.session.expire_all()
    assert db.session.scalars(sa.select(Alarm)).all() == []
    now = clock_at(TUESDAY_END)
    deadlines.sweep()
    db.session.expire_all()
    (alarm,) = db.session.scalars(sa.select(Alarm)).all()
    assert (alarm.kind, alarm.subject_id, alarm.raised_at) == (AlarmKind.REVIEW_LATE, listing.id, now)
    assert listing.state is ListingState.SUBMITTED
    assert listing.review_due_at == TUESDAY_END + timedelta(days=1)
    waiting = waiting_deadline(review.REVIEW, listing)
    assert waiting is not None and waiting.due_at == listing.review_due_at
    assert letters(listing) == ["listing_submitted", "review_overdue"]
    approve(listing)
    db.session.expire_all()
    assert alarm.cleared_at is not None and alarm.reason == "live"


def test_the_queue_runs_by_time_left(app: Flask, clock_at: Callable[[datetime], datetime]) -> None:
    clock_at(FRIDAY_NOON)
    first = a_submitted_listing()
    clock_at(FRIDAY_NOON + timedelta(days=3))
    second = a_submitted_listing()
    assert [listing.id for listing in review.queue()] == [first.id, second.id]
    approve(first)
    assert [listing.id for listing in review.queue()] == [second.id]


def test_a_listing_withdrawn_from_the_queue_leaves_no_deadline(app: Flask) -> None:
    listing = a_submitted_listing()
    with unit_of_work():
        withdrawing.withdraw(listing, by=seller_of(listing), at=clock.now())
    assert waiting_deadline(review.REVIEW, listing) is None
    assert isinstance(
        refusal_of(lambda: review.approve(listing, seen=clock.now(), by=a_reviewer(), at=clock.now())), CannotReview
    )
