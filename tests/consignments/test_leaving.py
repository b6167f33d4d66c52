"""What lies with us and leaves otherwise than sold: lost or damaged, given away, recycled, or sent back for a fee."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from marketplace import clock
from marketplace.buybacks import inspecting
from marketplace.buybacks.states import BuybackState, CannotLoseBought, WayBack
from marketplace.consignments import examining, selling, terms
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import CannotHandOn, CannotLoseConsigned, Choice
from marketplace.consignments.states import PieceState as S
from marketplace.custody import log
from marketplace.custody.examining import OwnPiece
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs.alarms import Alarm, AlarmKind
from marketplace.ledger import Account, balance
from marketplace.listings.states import ListingState
from marketplace.money import Money
from marketplace.payouts.models import Payout, PayoutForm
from marketplace.people.models import Role
from tests.accounts import an_account, mail_to
from tests.books import assert_ledger_is_sound
from tests.buybacks import steps as buying_steps
from tests.consignments import steps
from tests.programme import world
from tests.web import Browser, page, post_form


def declined(choice: Choice, **more: str) -> ConsignedPiece:
    piece = steps.received(steps.piece_of(steps.requested()))
    with unit_of_work():
        examining.examine(piece, by=steps.clerk(), at=clock.now())
        examining.decline(piece, "altered", by=steps.clerk(), at=clock.now())
    with unit_of_work():
        examining.choose(piece, choice, by=piece.consignment.owner, at=clock.now(), **more)
    return piece


def words(client: Browser, address: str) -> str:
    return " ".join(page(client.get(address)).get_text(" ").split())


# Lost or damaged with us ---------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-19", "NAP-20", "LUX-65")
@pytest.mark.parametrize("led", [steps.proposed, steps.live], ids=["proposed", "in the shop"])
def test_a_piece_that_is_lost_with_us_counts_as_sold_at_the_price_agreed(
    app: Flask, client: Browser, led: Callable[[], ConsignedPiece]
) -> None:
    steps.open_for_consigning(pay_business_days=90)
    piece = led()
    net = terms.net_of(piece)
    assert net is not None and piece.listing is not None
    at = f"/desk/intake/{piece.consignment.number}/1"
    client.sign_in_as(steps.clerk())
    assert "lost or damaged with us" not in words(client, at)
    client.sign_in_as(an_account(roles=[Role.MANAGER, Role.WAREHOUSE]))
    assert f"we pay its owner ${net.payout.plain}" in words(client, at)
    assert post_form(client, at, "lose").status_code == 303
    db.session.expire_all()
    assert (piece.state, piece.owed, piece.listing.state) == (S.LOST, net.payout, ListingState.WITHDRAWN)
    assert balance(Account.LOSSES, "USD") == net.payout
    assert steps.owed_in_ledger() == steps.owed_in_pieces() == net.payout.minor
    world.pass_time(minutes=1)
    assert "consigned_lost" in [letter.message for letter in mail_to(piece.consignment.owner.email)]
    client.sign_in_as(piece.consignment.owner)
    assert f"It counts as sold: you receive ${net.payout.plain}" in words(
        client, f"/sell/consign/{piece.number[:-2]}/1"
    )
    assert_ledger_is_sound()


@pytest.mark.rule("NAP-19")
def test_what_cannot_be_lost_with_us_is_refused_and_nothing_is_owed(app: Flask) -> None:
    steps.open_for_consigning()
    manager = an_account(roles=[Role.MANAGER])
    paying, sold, own = steps.live(), steps.live(), steps.live(steps.piece_of(steps.requested(manager)))
    assert paying.listing is not None
    world.an_order(paying.listing)
    steps.bought(sold)
    fake, other = steps.received(steps.piece_of(steps.requested())), steps.expert()
    with unit_of_work():
        examining.examine(fake, by=steps.clerk(), at=clock.now())
        examining.decline(fake, "altered", is_counterfeit=True, by=other, at=clock.now())
    untouched = steps.piece_of(steps.requested())
    refusals: list[tuple[ConsignedPiece, type[Refusal]]] = [
        (piece, CannotLoseConsigned) for piece in (paying, sold, fake, untouched)
    ]
    for piece, refusal in [*refusals, (own, OwnPiece)]:
        before = piece.state
        with pytest.raises(refusal), unit_of_work():
            selling.say_lost(piece, by=manager, at=clock.now())
        db.session.expire_all()
        assert (piece.state, piece.owed_minor) == (before, None)
    assert balance(Account.LOSSES, "USD").minor == 0


@pytest.mark.rule("NAP-19", "GAP-19")
def test_a_piece_lost_on_its_way_back_is_paid_and_its_fee_let_go(app: Flask) -> None:
    steps.open_for_consigning(pay_business_days=90)
    piece = steps.live()
    with unit_of_work():
        selling.take_back(piece, by=piece.consignment.owner, at=clock.now())
    assert piece.fee_open
    with unit_of_work():
        selling.say_lost(piece, by=an_account(roles=[Role.MANAGER]), at=clock.now())
    db.session.expire_all()
    assert (piece.state, piece.fee_minor, piece.owed) == (S.LOST, 0, Money(18_000, "USD"))
    assert_ledger_is_sound()


@pytest.mark.rule("NAP-19")
def test_a_piece_we_are_to_buy_and_lose_on_the_bench_is_paid_at_the_quote(app: Flask, client: Browser) -> None:
    buying_steps.open_for_buying()
    buyback = buying_steps.inspected(form=PayoutForm.CASH)
    manager = an_account(roles=[Role.MANAGER, Role.WAREHOUSE])
    client.sign_in_as(manager)
    assert post_form(client, f"/desk/intake/{buyback.number}/1", "lose").status_code == 303
    buyback = buying_steps.fresh(buyback)
    assert (buyback.state, buyback.owed) == (BuybackState.LOST, buyback.quoted)
    with pytest.raises(CannotLoseBought), unit_of_work():
        inspecting.say_lost(buyback, by=manager, at=clock.now())
    assert_ledger_is_sound()


@pytest.mark.rule("NAP-19", "LUX-75")
@pytest.mark.parametrize("is_taken", [False, True], ids=["open", "taken from a payout"])
def test_a_revoked_piece_that_is_lost_on_its_way_back_is_paid_and_costs_no_courier(
    app: Flask, client: Browser, is_taken: bool
) -> None:
    buying_steps.open_for_buying()
    buyback = buying_steps.failed()
    with unit_of_work():
        inspecting.fetch(buyback, WayBack.COURIER, by=buyback.owner, at=clock.now())
    assert buyback.fee_open.minor == 1500 and buyback.quoted is not None
    if is_taken:
        other = buying_steps.quoted(buying_steps.asked(buyback.owner))
        assert buying_steps.bought(buying_steps.accepted(other, by_hand=True)).owed == other.quoted
        assert (buying_steps.fresh(buyback).fee_open.minor, -balance(Account.FEE_INCOME, "USD").minor) == (0, 1500)
    with unit_of_work():
        inspecting.say_lost(buyback, by=an_account(roles=[Role.MANAGER]), at=clock.now())
    buyback = buying_steps.fresh(buyback)
    back = Money(1500 if is_taken else 0, "USD")
    assert (buyback.owed, bool(buyback.fee_minor)) == (buyback.quoted + back, is_taken)
    payout = db.session.scalars(db.select(Payout).where(Payout.reference == buyback.number)).one()
    assert payout.amount == buyback.owed
    client.sign_in_as(buyback.owner)
    told = words(client, f"/sell/quote/{buyback.number}")
    assert ("includes the fee of $15" in told) is is_taken and "for selling to us instead" not in told
    assert balance(Account.LOSSES, "USD") == buyback.quoted and balance(Account.FEE_INCOME, "USD").minor == 0
    assert_ledger_is_sound()


# Given away, recycled ------------------------------------------------------------------------------------------------


@pytest.mark.rule("NAP-34")
@pytest.mark.parametrize(
    ("choice", "more", "said", "after"),
    [
        (Choice.DONATE, {"charity": "books"}, "To be given away It goes to: Books for Towns", "Given away"),
        (Choice.RECYCLE, {}, "To be recycled", "Recycled"),
    ],
)
def test_what_is_given_away_or_recycled_stays_on_the_desks_list_until_it_has_left(
    app: Flask, client: Browser, choice: Choice, more: dict[str, str], said: str, after: str
) -> None:
    steps.open_for_consigning(back_days=10)
    piece = declined(choice, **more)
    at, number = f"/desk/intake/{piece.consignment.number}/1", piece.number
    client.sign_in_as(piece.consignment.owner)
    assert said in words(client, f"/sell/consign/{piece.consignment.number}/1")
    client.sign_in_as(steps.clerk())
    assert "To give away or recycle 1" in words(client, "/desk/intake")
    assert said.partition(" It goes to")[0] in words(client, at)
    world.pass_time(days=10, minutes=1)
    assert db.session.scalars(db.select(Alarm).where(Alarm.kind == AlarmKind.CONSIGNED_OVERDUE)).one().subject_id
    assert piece.due_at is not None and piece.due_at > clock.now()
    assert post_form(client, at, "hand-on", place="").status_code == 422
    assert post_form(client, at, "hand-on", place="The van of Tuesday").status_code == 303
    assert [entry.place for entry in log.entries(number)] == ["Shelf A1", "bench", "The van of Tuesday"]
    assert "To give away or recycle 0" in words(client, "/desk/intake")
    assert f"Velorne {after}" in words(client, at)
    with pytest.raises(CannotHandOn), unit_of_work():
        examining.hand_on(piece, place="Again", by=steps.clerk(), at=clock.now())
    world.pass_time(days=30)
    assert db.session.query(Alarm).filter_by(kind=AlarmKind.CONSIGNED_OVERDUE).count() == 1
    assert len(log.entries(number)) == 3


# Sent back for a fee -------------------------------------------------------------------------------------------------


@pytest.mark.rule("GAP-19", "LUX-72")
def test_whose_turn_it_is_while_a_fee_keeps_a_piece_here_and_no_price_is_named_any_more(
    app: Flask, client: Browser
) -> None:
    steps.open_for_consigning(pay_business_days=0)
    piece, other = steps.requested(None, steps.a_wish(), steps.a_wish()).pieces
    owner = piece.consignment.owner
    steps.live(piece)
    steps.live(other)
    client.sign_in_as(owner)
    at = f"/sell/consign/{piece.consignment.number}"
    assert post_form(client, f"{at}/1", "take-back").status_code == 303
    told = words(client, f"{at}/1")
    assert "It is your turn. Pay the fee of $15.00, and we send the piece to you." in told
    assert "You receive" not in told and "We act next" not in told
    bill = page(client.get(f"{at}/1")).select_one("a[href^='/sell/fees/']")
    assert bill is not None
    assert "We keep the piece until the fee is paid." in words(client, str(bill["href"]))

    order = steps.bought(other)
    told = words(client, f"{at}/1")
    assert "We act next" in told and "It is taken from your next payout." in told
    assert "We take it from your next payout. You may also pay it now." in words(client, str(bill["href"]))
    world.confirmed(order)
    world.pass_time(minutes=1)
    db.session.expire_all()
    assert "Of that, $15.00 settled the fees you owed us." in words(client, f"{at}/2")
