"""Random histories of pieces that we sell for their owner or buy from her: every debt is the sum of what is open.

After each step the ledger sums to zero, consignment payable is what the sold and lost pieces hold, seller payable what
the waiting payouts hold, store-credit liability what was credited, purchases what passed to us; each is paid once.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from marketplace import clock
from marketplace.buybacks import arriving as taking_in
from marketplace.buybacks import buying, inspecting, quoting, requesting, switching
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState, WayBack
from marketplace.channels import accounting as channel_accounting
from marketplace.channels import selling as channel_sales
from marketplace.channels.models import ChannelSale
from marketplace.channels.paying import receive
from marketplace.channels.port import SaleReport
from marketplace.consignments import arriving, examining, proposing, selling
from marketplace.consignments import requesting as asking
from marketplace.consignments.models import ConsignedPiece
from marketplace.consignments.states import Choice, PieceState
from marketplace.credits.models import StoreCredit
from marketplace.database import db, unit_of_work
from marketplace.errors import Refusal
from marketplace.ledger import Account
from marketplace.ledger.models import LedgerEntry
from marketplace.money import Money
from marketplace.payouts.models import Payout, PayoutForm, PayoutState
from marketplace.people.models import Person, Role
from marketplace.programme import versions
from marketplace.shipping import label_document
from tests.accounts import an_account
from tests.buybacks import steps as bought
from tests.channels import steps as there
from tests.consignments import steps
from tests.orders.test_random_histories import _FAULTS, History
from tests.programme.policies import changed
from tests.programme.table.channels import ON

PLACES = st.integers(0, 5)
FITTING = st.sampled_from([True, True, True, False])
MOST = 16  # histories; more cost too much
PAID = {
    "payout.forms": [{"form": "store_credit", "bonus_basis_points": 1_000}, {"form": "cash"}],
    "modes.consignment.pay_business_days": 2,
    "modes.buyback.switch_days": 30,
    "modes.buyback.switch_fee_minor": 500,
}


class Modes(History):
    """One owner with pieces in every part of either way, buyers, a desk, a carrier, and time."""

    refund_a_part = None

    @initialize()
    def begin(self) -> None:  # type: ignore[override]
        History.begin(self)
        self.forms = 1_000  # beyond those of the sales there are already
        roles = [Role.REVIEWER, Role.WAREHOUSE, Role.MANAGER]
        self.owner = db.session.scalars(sa.select(Buyback)).first().owner_id  # type: ignore[union-attr]
        self.desk = an_account(roles=roles).id

    def open_the_shop(self) -> None:
        with unit_of_work():
            versions.publish(changed({**steps.RULES, **bought.RULES, **PAID, **ON}), at=clock.now())
        owner = an_account()
        made = steps.requested(owner, *[steps.a_wish(hoped=Money(9_001, "USD"))] * 8).pieces
        for position, minor in enumerate((33_333, 61_000, 27_770, 9_999)):
            steps.live(made[position], minor=minor)
        steps.settled(made[2])
        for delivered in (made[1], made[3]):
            steps.bought(delivered)
        steps.proposed(made[4], minor=20_001)
        steps.received(made[5])
        for position, minor in ((6, 15_003), (7, 52_001)):
            with unit_of_work():
                channel_sales.note(self._sold_there(steps.live(made[position], minor=minor)), at=clock.now())
        bought.quoted(bought.asked(owner))
        bought.inspected(bought.accepted(bought.quoted(bought.asked(owner)), PayoutForm.CASH, by_hand=True))
        bought.revised(bought.accepted(bought.quoted(bought.asked(owner)), by_hand=True))

    def _sell(self, tax: int, *, pays: bool, several: bool, has_credit: int) -> None:
        """Paid by card alone: credit that no payout brought would be a debt here which nothing open explains."""
        History._sell(self, tax, pays=pays, several=several, has_credit=0)

    @staticmethod
    def _sold_there(piece: ConsignedPiece) -> SaleReport:
        """As a marketplace would tell of it that has just sold it."""
        listing, at = piece.listing, clock.now()
        assert listing is not None
        price = Money(listing.price_minor or 0, listing.currency)
        ref = f"{listing.number}-{at:%d%H%M%S%f}"
        return SaleReport(there.OUTLET, ref, listing.number, price, price.share(1_333), at)

    def _try(self, move: Callable[[], object]) -> None:
        with suppress(Refusal), unit_of_work():
            move()
        db.session.expire_all()

    def _one(self, model: Any, place: int, fitting: bool, action: str) -> Any:
        """One of the pieces that ``action`` fits, or any piece at all."""
        query = sa.select(model).order_by(model.id)
        if fitting:
            query = query.where(model.state.in_(model.machine.sources(action)))
        found = db.session.scalars(query).all()
        return found[place % len(found)] if found else None

    @rule(
        place=PLACES,
        verb=st.sampled_from(
            ["accept", "refuse", "counter", "lower", "take_back", "choose_return", "choose_recycle", "withdraw"]
        ),
        fitting=FITTING,
    )
    def owner_of_a_consigned_piece_acts(self, place: int, verb: str, fitting: bool) -> None:
        def move() -> None:
            piece = self._one(ConsignedPiece, place, fitting, "take_back" if verb == "lower" else verb)
            if piece is None:
                return
            by, at = db.session.get_one(Person, self.owner), clock.now()
            {
                "accept": lambda: proposing.accept(piece, by=by, at=at),
                "refuse": lambda: proposing.refuse(piece, by=by, at=at),
                "counter": lambda: proposing.counter(piece, Money(45_007, "USD"), by=by, at=at),
                "lower": lambda: selling.lower_price(piece, Money(17_771, "USD"), by=by, at=at),
                "take_back": lambda: selling.take_back(piece, by=by, at=at),
                "choose_return": lambda: examining.choose(piece, Choice.RETURN, by=by, at=at),
                "choose_recycle": lambda: examining.choose(piece, Choice.RECYCLE, by=by, at=at),
                "withdraw": lambda: asking.withdraw(piece.consignment, by=by, at=at),
            }[verb]()

        self._try(move)

    @rule(
        place=PLACES,
        verb=st.sampled_from(
            ["receive", "examine", "decline", "agree", "stand", "hand_back", "hand_on", "waive", "lose"]
        ),
        fitting=FITTING,
    )
    def desk_acts_on_a_consigned_piece(self, place: int, verb: str, fitting: bool) -> None:
        def move() -> None:
            action = {"waive": "hand_back", "hand_on": "hand_back"}.get(verb, verb)  # neither is a move of its own
            piece = self._one(ConsignedPiece, place, fitting and verb != "hand_on", action)
            if piece is None:
                return
            by, at = db.session.get_one(Person, self.desk), clock.now()
            {
                "receive": lambda: arriving.receive(piece, place="A", by=by, at=at),
                "examine": lambda: examining.examine(piece, by=by, at=at),
                "decline": lambda: examining.decline(piece, "altered", by=by, at=at),
                "agree": lambda: proposing.agree(piece, by=by, at=at),
                "stand": lambda: proposing.stand(piece, by=by, at=at),
                "hand_back": lambda: selling.hand_back(piece, place="A", by=by, at=at),
                "waive": lambda: selling.waive_fee(piece, by=by, at=at),
                "hand_on": lambda: examining.hand_on(piece, place="A", by=by, at=at),
                "lose": lambda: selling.say_lost(piece, by=by, at=at),
            }[verb]()

        self._try(move)

    @rule(
        place=PLACES,
        verb=st.sampled_from(["accept", "refuse", "take", "give_up", "fetch", "switch", "switch", "withdraw"]),
        form=st.sampled_from([PayoutForm.CASH, PayoutForm.STORE_CREDIT]),
        fitting=FITTING,
    )
    def owner_of_a_quoted_piece_acts(self, place: int, verb: str, form: PayoutForm, fitting: bool) -> None:
        def move() -> None:
            piece = self._one(Buyback, place, fitting, verb)
            if piece is None:
                return
            by, at = db.session.get_one(Person, self.owner), clock.now()
            {
                "accept": lambda: quoting.accept(piece, form, steps.TO_THE_STORE, by=by, at=at),
                "refuse": lambda: quoting.refuse(piece, by=by, at=at),
                "take": lambda: inspecting.take(piece, by=by, at=at),
                "give_up": lambda: inspecting.give_up(piece, by=by, at=at),
                "fetch": lambda: inspecting.fetch(piece, WayBack.COURIER, by=by, at=at),
                "switch": lambda: switching.switch(piece, form, by=by, at=at),
                "withdraw": lambda: requesting.withdraw(piece, by=by, at=at),
            }[verb]()

        self._try(move)

    @rule(
        place=PLACES,
        verb=st.sampled_from(["receive", "examine", "confirm", "revise", "fail", "hand_back", "lose"]),
        fitting=FITTING,
    )
    def desk_acts_on_a_quoted_piece(self, place: int, verb: str, fitting: bool) -> None:
        def move() -> None:
            piece = self._one(Buyback, place, fitting, verb)
            if piece is None:
                return
            by, at = db.session.get_one(Person, self.desk), clock.now()
            {
                "receive": lambda: taking_in.receive(piece, place="A", by=by, at=at),
                "examine": lambda: inspecting.examine(piece, by=by, at=at),
                "confirm": lambda: inspecting.confirm(piece, by=by, at=at),
                "revise": lambda: inspecting.revise(piece, Money(7_007, "USD"), reason="Worn.", by=by, at=at),
                "fail": lambda: inspecting.fail(piece, "altered", by=by, at=at),
                "hand_back": lambda: inspecting.hand_back(piece, place="A", by=by, at=at),
                "lose": lambda: buying.lose(piece, by=by, at=at),
            }[verb]()

        self._try(move)

    @rule(place=PLACES, verb=st.sampled_from(["sell", "complete", "cancel", "lose", "give_up", "pay"]))
    def a_marketplace_tells(self, place: int, verb: str) -> None:
        def move() -> None:
            at, by = clock.advance(timedelta(seconds=1)), db.session.get_one(Person, self.desk)  # it comes back later
            if verb == "sell":
                piece = self._one(ConsignedPiece, place, True, "sell")
                if piece is not None:
                    channel_sales.note(self._sold_there(piece), at=at)
                return
            sales = db.session.scalars(sa.select(ChannelSale).order_by(ChannelSale.id)).all()
            if not sales:
                return
            sale = sales[place % len(sales)]
            told = SaleReport(sale.outlet, sale.ref, sale.listing_number, sale.price, sale.commission, sale.sold_at)
            {
                "complete": lambda: channel_sales.note(replace(told, completed_at=at), at=at),
                "cancel": lambda: channel_sales.note(replace(told, cancelled_at=at), at=at),
                "lose": lambda: channel_sales.note(replace(told, cancelled_at=at, reason="lost"), at=at),
                "give_up": lambda: channel_sales.give_up(sale, by=by, at=at),
                "pay": lambda: receive([sale.number], sale.due, by=by, at=at),
            }[verb]()

        self._try(move)

    @invariant()
    def the_money_is_right(self) -> None:
        if not hasattr(self, "savepoint"):
            return
        held = {account: int(minor) for account, minor in self._found(_HELD)}
        assert sum(held.values()) == 0
        [open_items] = self._found(_OPEN_ITEMS)
        assert {
            "consigned": -held.get(Account.CONSIGNMENT_PAYABLE, 0),
            "payouts": -held.get(Account.SELLER_PAYABLE, 0),
            "credits": -held.get(Account.STORE_CREDIT_LIABILITY, 0),
            "purchases": held.get(Account.PURCHASES, 0),
            "channels": held.get(Account.CHANNEL_RECEIVABLE, 0),
        } == {name: int(minor) for name, minor in open_items._mapping.items()}
        assert self._found(_PAID_TWICE) == []
        assert self._found(_FAULTS) == []
        assert channel_accounting.faults() == []


def _sum(minor: Any, *of: sa.ColumnElement[bool]) -> Any:
    return sa.select(sa.func.coalesce(sa.func.sum(minor), 0)).where(*of).scalar_subquery()


_HELD = sa.select(LedgerEntry.account, sa.func.sum(LedgerEntry.amount_minor)).group_by(LedgerEntry.account)
_WAITING = (PayoutState.HELD, PayoutState.DUE, PayoutState.SENT, PayoutState.STOPPED, PayoutState.REFUSED)
_OPEN_ITEMS = sa.select(
    _sum(ConsignedPiece.owed_minor, ConsignedPiece.state.in_((PieceState.PAYABLE, PieceState.LOST))).label("consigned"),
    _sum(Payout.amount_minor, Payout.state.in_(_WAITING)).label("payouts"),
    _sum(StoreCredit.initial_minor, StoreCredit.expired_at.is_(None)).label("credits"),
    _sum(Buyback.owed_minor, Buyback.bought_at.is_not(None)).label("purchases"),
    _sum(ChannelSale.due_minor).label("channels"),
)
_PAID_TWICE = sa.select(Payout.reference).group_by(Payout.reference).having(sa.func.count() > 1)


@pytest.mark.fault("G07")
@pytest.mark.property
@pytest.mark.timeout(900)
def test_every_step_of_a_piece_in_our_care_keeps_the_ledgers_promises(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(label_document, "render_label", lambda _contents: b"%PDF-")
    Modes().open_the_shop()
    assert BuybackState.REVISED in set(db.session.scalars(sa.select(Buyback.state)))
    few = settings(max_examples=min(settings().max_examples, MOST), stateful_step_count=20)
    run_state_machine_as_test(Modes, settings=few)
