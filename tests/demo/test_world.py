"""The demo world: everything a newcomer may want to see is there, sound, and the same at every building of a day."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from marketplace import doctor
from marketplace.database import db, unit_of_work
from marketplace.disputes.models import Dispute
from marketplace.disputes.states import DisputeState
from marketplace.events import Event
from marketplace.jobs import runner
from marketplace.ledger import export, proofs
from marketplace.ledger.models import LedgerEntry, LedgerTransaction
from marketplace.listings.finding import public_path
from marketplace.listings.models import Item, Listing
from marketplace.listings.states import ListingState
from marketplace.mail.models import SandboxMail
from marketplace.orders.models import Order
from marketplace.orders.states import OrderState
from marketplace.payments.chargeback_models import Chargeback, ChargebackState
from marketplace.payouts.models import Payout, PayoutState
from marketplace.people import demo_sign_ins
from marketplace.people.models import Person, Role, StaffRole
from marketplace.programme import versions
from tests.books import assert_books_balance
from tests.demo.worlds import World
from tests.hledger import hledger, needs_hledger
from tests.web import page

# The first of these tests builds the world; a busy machine takes its time.
pytestmark = pytest.mark.timeout(1800)

FEWEST = 3
NUMBER = re.compile(r"\b[LRCD][0-9A-HJKMNP-TV-Z]{8}\b|\b[0-9A-HJKMNP-TV-Z]{4}\b(?=\.?$)")


def _counted(column: Any) -> Counter[str]:
    return Counter(dict(db.session.execute(sa.select(column, sa.func.count()).group_by(column)).all()))


def test_every_state_of_a_listing_is_there_at_least_three_times(world: World) -> None:
    found = world.run(lambda: _counted(Listing.state))
    assert {state.value: found[state] for state in ListingState if found[state] < FEWEST} == {}


def test_every_state_of_an_order_was_reached_at_least_three_times(world: World) -> None:
    """States that end within the moment they begin in (confirmed, lost, …) are told by the orders' histories."""

    def look() -> tuple[Counter[str], Counter[str]]:
        reached = sa.select(Event.to_state, sa.func.count(sa.distinct(Event.subject_id)))
        reached = reached.where(Event.subject_type == "orders", Event.to_state.is_not(None)).group_by(Event.to_state)
        return _counted(Order.state), Counter(dict(db.session.execute(reached).all()))

    standing, reached = world.run(look)
    assert {state.value for state in OrderState if max(standing[state], reached[state.value]) < FEWEST} == set()
    waiting = {"awaiting_payment", "paid", "label_issued", "in_transit", "delivered", "disputed"}
    lasting = waiting | {"settled", "refunded", "expired"}
    assert {state for state in lasting if standing[OrderState(state)] < FEWEST} == set()


def test_every_state_of_a_case_that_lasts_is_there_and_the_desk_has_something_to_report(world: World) -> None:
    def look() -> tuple[Counter[str], Counter[str], set[int]]:
        quarantined = db.session.scalars(sa.select(Item.id).where(Item.quarantined_at.is_not(None)))
        return _counted(Dispute.state), _counted(Chargeback.state), set(quarantined)

    cases, banks, quarantined = world.run(look)
    passing = {DisputeState.OPENED, DisputeState.RETURN_LOST}
    assert {state for state in DisputeState if not cases[state]} == passing
    assert {state for state in ChargebackState if not banks[state]} == set()
    assert len(quarantined) == 1
    manager = world.client()
    with world.app.app_context():
        managers = sa.select(Person).where(Person.roles.any(StaffRole.role == Role.MANAGER)).order_by(Person.id)
        manager.sign_in_as(db.session.scalars(managers.limit(1)).one())
    reports = page(manager.get("/desk/reports"))
    assert "Nothing in this period." not in reports.get_text()
    assert len(reports.select("svg.chart")) == len(reports.select("a[href*='.csv?']")) == 5


def test_the_ledger_holds_a_hundred_transactions_and_more(world: World) -> None:
    count = world.run(lambda: db.session.scalar(sa.select(sa.func.count()).select_from(LedgerTransaction)))
    assert count >= 100


def test_everything_is_as_it_must_be(changeable_world: World) -> None:
    """``flask doctor`` finds nothing, our books balance, and those of the outside say the same."""

    def examine() -> list[str]:
        runner.run_until_idle()
        return [f"{check.name}: {check.trouble}" for check in doctor.examine() if check.trouble]

    assert changeable_world.run(examine) == []
    assert_books_balance(changeable_world.app)


@needs_hledger
@pytest.mark.fault("G08")
def test_hledger_holds_the_whole_journal_strictly(world: World) -> None:
    journal = world.run(lambda: "\n".join(export.journal()))
    hledger(journal, "check", "-s")
    assert hledger(journal, "balance", "assets", "liabilities", "-X", "USD") != ""


def test_pieces_bought_here_are_for_sale_again_with_their_record(world: World) -> None:
    def look() -> list[str]:
        earlier = aliased(Listing)
        again = (
            sa.select(Listing)
            .join(earlier, earlier.item_id == Listing.item_id)
            .join(Order, Order.listing_id == earlier.id)
            .where(Listing.state == ListingState.LIVE, Listing.seller_id == Order.buyer_id, earlier.id < Listing.id)
        )
        return [public_path(listing) for listing in db.session.scalars(again)]

    paths = world.run(look)
    assert len(paths) >= 2
    for path in paths:
        assert "Bought here by its present owner on" in page(world.app.test_client().get(path)).text


# The same at every building -------------------------------------------------------------------------------------------


def _subject(letter: SandboxMail) -> str:
    """Without numbers; an offer is made at the last moment, and its hours run from there."""
    subject = NUMBER.sub("#", letter.subject)
    return subject.partition("nswer by ")[0] if letter.message.startswith("offer_") else subject


def _what_people_see() -> dict[str, Counter[Any]]:
    """Pieces, photos, sales, letters and money, without what is drawn anew each time: numbers, codes, seconds."""
    zone = versions.current().calendar.zone
    listings = db.session.scalars(sa.select(Listing)).all()
    orders = db.session.scalars(sa.select(Order)).all()
    letters = db.session.scalars(sa.select(SandboxMail)).all()
    return {
        "listings": Counter((*_piece(listing), listing.state, listing.price_minor) for listing in listings),
        "photos": Counter((photo.slot, photo.key) for listing in listings for photo in listing.photos),
        "orders": Counter(
            (
                *_piece(order.listing),
                order.buyer.name,
                order.state,
                order.end_reason,
                order.total,
                order.refunded,
                order.confirmation and (order.confirmation.stars, order.confirmation.words),
                order.paid_at and order.paid_at.astimezone(zone).date(),
            )
            for order in orders
        ),
        "letters": Counter((letter.recipient, letter.message, _subject(letter)) for letter in letters),
        "events": Counter(
            (event.subject_type, event.action, event.at.astimezone(zone).date())
            for event in db.session.scalars(sa.select(Event))
            if event.subject_type in {"listings", "orders", "parcels", "checkouts"}
        ),
        "money": Counter(
            (entry.account, entry.amount_minor) for entry in db.session.scalars(sa.select(LedgerEntry)).all()
        ),
        "people": Counter((person.name, person.email) for person in db.session.scalars(sa.select(Person))),
    }


def _piece(listing: Listing) -> tuple[Any, ...]:
    seller = listing.seller.name if listing.seller else ""
    return listing.title, listing.colour, listing.grade, listing.words, seller


def test_two_buildings_of_a_day_show_people_the_same(two_worlds: tuple[World, World]) -> None:
    first, second = (built.run(_what_people_see) for built in two_worlds)
    for kind, seen in first.items():
        assert len(seen) > FEWEST, kind
        assert (kind, seen - second[kind], second[kind] - seen) == (kind, Counter(), Counter())


# Its pages and its load -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["member", "reviewer", "agent", "warehouse", "manager"])
def test_whoever_signs_in_finds_sound_pages(world: World, role: str) -> None:
    """The page where the table of sign-ins sends them, the desk's first page, and every page one step further."""
    with world.app.app_context():
        sign_in = next(row for row in demo_sign_ins.find() if row.role == role)
        browser = world.client()
        browser.sign_in_as(db.session.scalars(sa.select(Person).where(Person.email == sign_in.email)).one())
    starts = {sign_in.start} | ({"/desk"} if role != "member" else set())
    links = {
        str(link["href"]).partition("#")[0] for start in starts for link in page(browser.get(start)).select("a[href]")
    }
    paths = sorted(link for link in links | starts if link.startswith("/"))
    assert len(paths) > FEWEST
    found = {path: browser.get(path).status_code for path in paths}
    assert {path: status for path, status in found.items() if status not in (200, 302, 303)} == {}


def test_the_shop_is_full_for_somebody_who_has_not_signed_in(world: World) -> None:
    browser = world.client()
    assert len(page(browser.get("/shop")).select("main a[href^='/p/']")) > 10
    for path in ("/", "/search?q=tote", "/how-it-works", "/help", "/terms", "/condition"):
        assert browser.get(path).status_code == 200, path


def test_load_is_added_and_settles(changeable_world: World) -> None:
    """What the benchmarks work on: more live listings, and orders whose window has closed."""
    listings, orders = 30, 12

    def state() -> tuple[int, int, int]:
        live, settled = _counted(Listing.state)[ListingState.LIVE], _counted(Order.state)[OrderState.SETTLED]
        payouts = _counted(Payout.state)
        return live, settled, payouts[PayoutState.ISSUED] + payouts[PayoutState.COVERED]

    def settle() -> tuple[list[str], list[str]]:
        runner.run_until_idle()
        with unit_of_work(reading=True):
            return proofs.faults(), [check.trouble for check in doctor.examine() if check.trouble]

    before = changeable_world.run(state)
    command = changeable_world.app.test_cli_runner()
    assert f"live listings added: {listings}" in command.invoke(args=["seed", "--listings", str(listings)]).stdout
    assert f"due orders added: {orders}" in command.invoke(args=["seed", "--due-orders", str(orders)]).stdout
    assert changeable_world.run(settle) == ([], [])
    after = changeable_world.run(state)
    assert [now - then for now, then in zip(after, before, strict=True)] == [listings, orders, orders]


def test_a_world_is_never_built_over_another(world: World) -> None:
    answer = world.app.test_cli_runner().invoke(args=["seed"])
    assert answer.exit_code == 1
    assert "Somebody lives in this database already" in answer.output
