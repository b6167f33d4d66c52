"""A sale elsewhere: the piece is taken if it is free, gone everywhere else at once, its owner paid as for one here."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from marketplace import clock, events
from marketplace.channels import accounting, asking, connecting, sandbox, selling
from marketplace.channels.cancelling import CANCEL, WITHDRAW
from marketplace.channels.documents import document
from marketplace.channels.paying import NothingDue, SumDiffers, receive
from marketplace.channels.states import CannotSend, SaleState, WhyRefused
from marketplace.consignments import estimating, standing
from marketplace.consignments import selling as consigned
from marketplace.consignments.states import PieceState
from marketplace.custody import log
from marketplace.database import db, unit_of_work
from marketplace.jobs import outbox, runner
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.jobs.inbox import InboxRow
from marketplace.ledger.models import LedgerTransaction
from marketplace.listings import relisting
from marketplace.listings.models import Listing
from marketplace.listings.states import ListingState
from marketplace.mail.outgoing import MAIL
from marketplace.money import Money
from marketplace.orders.models import Hold
from marketplace.payouts.models import Payout
from marketplace.programme import versions
from tests.channels import steps as there
from tests.consignments import steps
from tests.programme import world
from tests.web import Browser, page, post_form


def holds() -> list[Hold]:
    return list(db.session.scalars(sa.select(Hold).where(Hold.released_at.is_(None))))


@pytest.mark.rule("NAP-15", "BAL-05", "NAP-37")
def test_a_sale_elsewhere_takes_the_piece_off_everywhere_at_once(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    sale, listing = there.sale_of(report), piece.listing
    assert listing is not None
    assert (sale.state, listing.state, piece.state) == (SaleState.TAKEN, ListingState.SOLD, PieceState.SOLD)
    assert [hold.channel_sale_id for hold in holds()] == [sale.id]
    assert there.books() == {"channel_receivable": 25_500, "channel_fees": 4_500, "escrow": -30_000}
    assert db.session.scalars(sa.select(sandbox.SandboxWithdrawal.listing)).all() == [listing.number]
    assert "consigned_sold" in {row.request["message"] for row in outbox.rows_of(piece, MAIL)}
    shelf = client.get("/shop").get_data(as_text=True)
    assert listing.number not in shelf


@pytest.mark.rule("NAP-30", "NAP-38", "BAL-06")
def test_its_owner_is_owed_her_share_of_what_it_brought_there_and_paid_as_ever(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece, minor=31_000)  # they had an older, higher price
    there.tell(client, report)
    assert piece.owed is None
    calendar, days = versions.current().calendar, versions.current().policy.channels.usual_days
    day = (there.sale_of(report).sold_at + timedelta(days=days)).astimezone(calendar.zone).date()
    assert estimating.payment_day(piece, standing.of(piece)) == day
    there.tell(client, sandbox.complete(report.outlet, report.ref))
    sale = there.sale_of(report)
    assert (sale.state, holds()) == (SaleState.COMPLETED, [])
    payout = db.session.scalars(sa.select(Payout)).one()
    assert (payout.amount_minor, payout.seller_id) == (18_600, piece.consignment.owner_id)
    assert log.entries(piece.number)[-1].place == log.BUYERS
    client.sign_in_as(piece.consignment.owner)
    shown = page(client.get(f"/sell/consign/{piece.consignment.number}/{piece.position}")).get_text(" ", strip=True)
    assert "Sold on Rue Seconde" in shown
    assert "You receive $186.00" in shown
    assert piece.state is PieceState.PAID
    assert there.books() == {"channel_receivable": 26_350, "channel_fees": 4_650, "commission": -12_400}
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == 0


@pytest.mark.rule("NAP-29")
@pytest.mark.parametrize(
    ("minor", "outlet", "why"),
    [
        (29_999, there.OUTLET, WhyRefused.BELOW_PRICE),  # nobody sells below what its owner agreed to
        (30_000, "somewhere-else", WhyRefused.UNKNOWN_OUTLET),
    ],
)
def test_what_cannot_be_honoured_is_cancelled_there_once(
    app: Flask, client: Browser, minor: int, outlet: str, why: WhyRefused
) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece, minor=minor, outlet=outlet)
    there.tell(client, report, times=3)
    sale = there.sale_of(report)
    assert (sale.state, sale.refusal) == (SaleState.CALLED_OFF, why.value)
    assert piece.listing is not None
    assert (piece.listing.state, piece.state, holds()) == (ListingState.LIVE, PieceState.LIVE, [])
    assert there.books() == {}
    assert len(outbox.rows_of(sale, CANCEL)) == 1
    cancelled = sandbox.SandboxChannel().find(report.outlet, report.ref)
    assert cancelled is not None
    assert (cancelled.cancelled_at is not None, cancelled.reason) == (True, why.value)
    there.tell(client, cancelled)  # they say so too
    assert there.sale_of(report).state is SaleState.CALLED_OFF


@pytest.mark.rule("LUX-73")
def test_a_piece_that_somebody_pays_for_here_is_not_sold_there(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    assert piece.listing is not None
    order = world.an_order(piece.listing)
    there.tell(client, report)
    sale = there.sale_of(report)
    assert (sale.state, sale.refusal) == (SaleState.CALLED_OFF, "not_free")
    assert [hold.checkout_id for hold in holds()] == [order.checkout_id]
    world.paid(order)
    assert db.session.scalars(sa.select(sandbox.SandboxWithdrawal.listing)).all() == [piece.listing.number]


def test_a_marketplace_that_does_not_let_go_is_the_desks(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece, minor=100, ref="A1-STAYS")
    there.tell(client, report)
    assert there.sale_of(report).state is SaleState.REFUSED
    kinds = db.session.scalars(sa.select(Alarm.kind)).all()
    assert kinds == [AlarmKind.CHANNEL_SALE_STANDS]


@pytest.mark.rule("LUX-78")
@pytest.mark.parametrize("is_sent", [False, True])
def test_a_sale_cancelled_there_is_undone_and_the_piece_ticked_in_again(
    app: Flask, client: Browser, is_sent: bool
) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    if is_sent:
        with unit_of_work():
            selling.send(there.sale_of(report), by=steps.clerk(), at=clock.now())
        assert log.entries(piece.number)[-1].place == log.CARRIERS
    there.tell(client, sandbox.take_back(report.outlet, report.ref))
    assert (there.sale_of(report).state, piece.state) == (SaleState.CANCELLED, PieceState.INBOUND)
    assert (there.books(), holds()) == ({}, [])
    world.pass_time(hours=1)
    again = steps.live(piece)
    second = there.sold_there(again)
    there.tell(client, second)
    assert there.sale_of(second).state is SaleState.TAKEN


@pytest.mark.rule("NAP-19")
def test_a_parcel_lost_there_counts_as_sold(app: Flask, client: Browser) -> None:
    there.open_channels(**{"modes.consignment.pay_business_days": 5})
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    there.tell(client, sandbox.take_back(report.outlet, report.ref, "lost"))
    assert (piece.state, piece.owed_minor) == (PieceState.LOST, 18_000)
    assert there.books() == {"losses": 18_000, "consignment_payable": -18_000}


@pytest.mark.rule("GAP-21")
def test_a_sale_taken_back_after_it_stood_is_our_loss_and_not_its_owners(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    there.tell(client, sandbox.complete(report.outlet, report.ref))
    sale = there.sale_of(report)
    with unit_of_work():
        receive([sale.number], Money(25_500, "USD"), by=steps.clerk(), at=clock.now())
    there.tell(client, sandbox.take_back(report.outlet, report.ref, "returned"))
    sale = there.sale_of(report)
    assert (sale.state, sale.due_minor, piece.state) == (SaleState.RETURNED, -25_500, PieceState.PAID)
    owed_back = {"channel_receivable": -25_500, "clearing": 25_500, "losses": 30_000, "commission": -12_000}
    assert there.books() == owed_back
    with unit_of_work():
        receive([sale.number], Money(-25_500, "USD"), by=steps.clerk(), at=clock.now())
    assert there.books() == {"losses": 30_000, "commission": -12_000}


@pytest.mark.rule("NAP-15", "GAP-08")
def test_what_a_marketplace_took_back_is_listed_again_everywhere_by_one_press(app: Flask, client: Browser) -> None:
    there.open_channels(**{"modes.supply.is_on": True})
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    there.tell(client, sandbox.complete(report.outlet, report.ref))
    old, clerk = there.sale_of(report).listing, steps.clerk()
    assert old is not None
    client.sign_in_as(clerk)
    assert not page(client.get("/desk/channels")).select('[id^="relist-"]')
    there.tell(client, sandbox.take_back(report.outlet, report.ref, "returned"))
    sale = there.sale_of(report)
    assert page(client.get(f"/desk/supply/{old.number}")).select("#relist")
    again = {"csrf_token": page(client.get("/desk/channels")).select_one('[name="csrf_token"]')["value"]}  # type: ignore[index]
    answer = post_form(client, "/desk/channels", f"relist-{sale.number}")
    db.session.expire_all()
    new = db.session.scalars(sa.select(Listing).where(Listing.item_id == old.item_id).order_by(Listing.id)).all()[-1]
    assert (answer.status_code, answer.location) == (303, f"/desk/supply/{new.number}")
    assert (new.state, new.price_minor, new.seller_id) == (ListingState.LIVE, old.price_minor, None)
    assert [one.key for one in new.photos] == [one.key for one in old.photos] and len(new.photos) == 3
    [event] = [one for one in events.history(new) if one.action == "relist"]
    assert (event.actor_id, event.detail) == (clerk.id, {"before": old.id})
    assert client.post(f"/desk/supply/{old.number}/relist", data=again).status_code == 409  # once
    assert new.number in client.get(f"/feeds/channels/{connecting.feed_token()}/pieces-0.xml").get_data(as_text=True)
    price = Money(new.price_minor or 0, "USD")
    other = sandbox.sell("second-loft", new.number, price)
    there.tell(client, other)
    assert (there.sale_of(other).state, piece.state) == (SaleState.TAKEN, PieceState.PAID)


def test_a_piece_that_is_its_owners_or_was_lost_is_not_listed_again_by_the_desk(app: Flask, client: Browser) -> None:
    there.open_channels()
    cancelled, lost = steps.live(), steps.live()
    client.sign_in_as(steps.clerk())
    for piece, reason in ((cancelled, "changed_mind"), (lost, selling.LOST)):
        report = there.sold_there(piece)
        there.tell(client, report)
        there.tell(client, sandbox.take_back(report.outlet, report.ref, reason))
        with pytest.raises(relisting.CannotRelist), unit_of_work():
            relisting.relist_ours(there.sale_of(report).listing, by=steps.clerk(), at=clock.now())  # type: ignore[arg-type]
    assert not page(client.get("/desk/channels")).select('[id^="relist-"]')


def test_a_marketplaces_payment_settles_its_sales_to_the_cent_and_once(app: Flask, client: Browser) -> None:
    there.open_channels()
    pieces = [steps.live(), steps.live()]
    reports = [there.sold_there(piece) for piece in pieces]
    for report in reports:
        there.tell(client, report)
    numbers = [there.sale_of(report).number for report in reports]
    clerk, at = steps.clerk(), clock.now()
    with pytest.raises(SumDiffers, match="510"), unit_of_work():
        receive(numbers, Money(50_999, "USD"), by=clerk, at=at)
    assert there.books()["channel_receivable"] == 51_000
    with unit_of_work():
        receive(numbers, Money(51_000, "USD"), by=clerk, at=at)
    with pytest.raises(NothingDue), unit_of_work():
        receive(numbers, Money(51_000, "USD"), by=clerk, at=at)
    assert there.books() == {"clearing": 51_000, "channel_fees": 9_000, "escrow": -60_000}


STAGES = ("sold", "completed", "returned")


@pytest.mark.fault("B08", "B09")
@pytest.mark.parametrize("order", list(itertools.permutations(STAGES)), ids="-".join)
def test_news_comes_in_any_order_and_twenty_times(app: Flask, client: Browser, order: tuple[str, ...]) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    told = {"sold": report}
    told["completed"] = sandbox.complete(report.outlet, report.ref)
    told["returned"] = sandbox.take_back(report.outlet, report.ref, "returned")
    for stage in order:
        there.tell(client, told[stage], times=20 if stage == order[0] else 2)
    sale = there.sale_of(report)
    assert (sale.state, sale.due_minor, piece.state) == (SaleState.RETURNED, 0, PieceState.PAID)
    assert there.books() == {"losses": 30_000, "commission": -12_000}
    posted = db.session.scalars(sa.select(LedgerTransaction.kind).where(LedgerTransaction.reference == sale.number))
    assert sorted(posted) == ["channel_returned", "channel_settled", "channel_sold", "consigned"]
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InboxRow)) == 3
    assert len(db.session.scalars(sa.select(Payout)).all()) == 1


def test_a_sale_that_was_cancelled_before_we_heard_of_it_moves_nothing(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, sandbox.take_back(report.outlet, report.ref))
    there.tell(client, report)
    assert piece.listing is not None
    assert (there.sale_of(report).state, piece.listing.state) == (SaleState.CANCELLED, ListingState.LIVE)
    assert (there.books(), holds()) == ({}, [])


@pytest.mark.fault("B11", "B13")
def test_a_webhook_that_is_not_theirs_or_not_fresh_or_no_notice_changes_nothing(app: Flask, client: Browser) -> None:
    there.open_channels()
    body = sandbox.notice_of(there.sold_there(steps.live()))
    now = int(clock.shared().timestamp())
    refused = [
        (body, {}),
        (body, there.signed(body, secret="another secret of somebody")),
        (body, there.signed(body, timestamp=now - 302)),
        (body, there.signed(body, timestamp=now + 302)),
        (body + b" ", there.signed(body)),
        (wrong := b'{"id": "a", "sale": {}}', there.signed(wrong)),
        (broken := b"[" * 100_000, there.signed(broken)),
    ]
    for sent, headers in refused:
        answer = client.post("/webhooks/channels", data=sent, headers=headers, content_type="application/json")
        assert answer.status_code in (400, 413)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(InboxRow)) == 0
    assert client.post("/webhooks/channels", data=body, headers=there.signed(body)).status_code == 200


def test_nothing_of_its_buyer_is_kept(app: Flask, client: Browser) -> None:
    there.open_channels()
    report = there.sold_there(steps.live())
    told = {**document(report), "buyer": {"name": "Canary Wren", "address": "1 Nest Street"}}
    body = json.dumps({"id": "n1", "sale": told}).encode()
    client.post("/webhooks/channels", data=body, headers=there.signed(body), content_type="application/json")
    [row] = db.session.scalars(sa.select(InboxRow))
    assert "Canary" not in str(row.payload)
    assert row.payload["ref"] == report.ref


@pytest.mark.fault("B10")
def test_a_sale_whose_webhook_never_came_is_asked_for(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    assert asking.ask() == [f"asked:{there.OUTLET}:{report.ref}:sold"]
    assert asking.ask() == []
    runner.run_until_idle()
    assert there.sale_of(report).state is SaleState.TAKEN
    there.tell(client, report)  # late, and harmless
    assert there.books()["escrow"] == -30_000


def test_the_warehouse_gives_up_what_it_cannot_find(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    report = there.sold_there(piece)
    there.tell(client, report)
    with unit_of_work():
        selling.give_up(there.sale_of(report), by=steps.clerk(), at=clock.now())
    runner.run_until_idle()
    sale = there.sale_of(report)
    assert (sale.state, piece.state, there.books()) == (SaleState.CALLED_OFF, PieceState.INBOUND, {})
    with pytest.raises(CannotSend), unit_of_work():
        selling.send(sale, by=steps.clerk(), at=clock.now())


def test_a_row_that_disagrees_with_the_ledger_is_found(app: Flask, client: Browser) -> None:
    there.open_channels()
    report = there.sold_there(steps.live())
    there.tell(client, report)
    with unit_of_work():
        there.sale_of(report).due_minor -= 1
    assert len(accounting.faults()) == 1


@pytest.mark.rule("NAP-32")
def test_a_piece_its_owner_takes_back_is_taken_off_there_at_once(app: Flask, client: Browser) -> None:
    there.open_channels()
    piece = steps.live()
    with unit_of_work():
        consigned.take_back(piece, by=piece.consignment.owner, at=clock.now())
    assert len(outbox.rows_of(piece.listing, WITHDRAW)) == 1
    report = there.sold_there(piece)
    there.tell(client, report)
    assert (there.sale_of(report).refusal, piece.state) == ("not_free", PieceState.GOING_BACK)
