"""A piece offered to us, led to where a test needs it: each step is the shop's own operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from marketplace import clock
from marketplace.buybacks import arriving, inspecting, quoting, requesting
from marketplace.buybacks.models import Buyback
from marketplace.buybacks.states import BuybackState
from marketplace.custody.arranging import Arrangement
from marketplace.custody.taking import Wish
from marketplace.database import db, unit_of_work
from marketplace.jobs import runner
from marketplace.ledger import Account, balance
from marketplace.money import Money
from marketplace.payouts.models import PayoutForm
from marketplace.people.models import Person
from marketplace.programme import Policy, versions
from marketplace.shipping import parcels, tracking
from marketplace.shipping.carrier import TrackingReport
from marketplace.shipping.models import TrackingStatus
from tests.accounts import an_account
from tests.consignments.steps import TO_THE_STORE, WAYS, a_wish, clerk, expert
from tests.programme import world
from tests.programme.policies import changed

RULES: Mapping[str, Any] = {
    **WAYS,
    "modes.buyback.is_on": True,
    "modes.buyback.courier_fee_minor": 1500,
    "modes.buyback.forms": [
        {"form": "store_credit", "bonus_basis_points": 1000},
        {"form": "cash", "promised_business_days": 1},
    ],
}
EVERYTHING = ("dust_bag", "box", "strap", "charm", "care_card")


def open_for_buying(**changes: Any) -> Policy:
    """Buying is on; ``changes`` by key of its policy, ``model__`` for the price model's, others by their whole path."""
    told = {key if "." in key else f"modes.buyback.{key.replace('__', '.')}": to for key, to in changes.items()}
    policy = changed({**RULES, **told})
    with unit_of_work():
        versions.publish(policy, at=clock.now())
    return policy


def fresh(buyback: Buyback) -> Buyback:
    db.session.expire_all()
    return db.session.scalars(sa.select(Buyback).filter_by(id=buyback.id)).one()


def asked(owner: Person | None = None, wish: Wish | None = None, **more: Any) -> Buyback:
    """$400 new, in excellent condition, everything there: such a piece brings $240, of which the model pays $155."""
    owner = owner or an_account()
    more.setdefault("includes", [one.key for one in world.policy().condition.comes_with])
    with unit_of_work():
        return requesting.request(wish or a_wish(), by=owner, at=clock.now(), **more)


def quoted(buyback: Buyback | None = None, minor: int | None = None) -> Buyback:
    buyback = buyback or asked()
    with unit_of_work():
        price = None if minor is None else Money(minor, buyback.currency)
        quoting.quote(buyback, price, reason="" if minor is None else "Seen.", by=expert(), at=clock.now())
    runner.run_until_idle()
    return buyback


def accepted(
    buyback: Buyback | None = None, form: PayoutForm = PayoutForm.STORE_CREDIT, *, by_hand: bool = False
) -> Buyback:
    buyback = buyback or quoted()
    comes = TO_THE_STORE if by_hand else Arrangement(world.HOME)
    with unit_of_work():
        quoting.accept(buyback, form, comes, by=buyback.owner, at=clock.now())
    runner.run_until_idle()
    return buyback


def carried(buyback: Buyback, status: TrackingStatus) -> Buyback:
    parcel = parcels.inbound_parcel(buyback.number)
    assert parcel is not None
    with unit_of_work():
        tracking.record_reports(parcel, [TrackingReport(status, clock.now())], at=clock.now())
    runner.run_until_idle()
    return fresh(buyback)


def received(buyback: Buyback | None = None, form: PayoutForm = PayoutForm.STORE_CREDIT) -> Buyback:
    buyback = buyback or accepted(form=form, by_hand=True)
    with unit_of_work():
        arriving.receive(buyback, place="Shelf A1", by=clerk(), at=clock.now())
    return buyback


def inspected(buyback: Buyback | None = None, form: PayoutForm = PayoutForm.STORE_CREDIT) -> Buyback:
    """On the bench, and found genuine by somebody else than who examines it."""
    buyback = received(buyback, form)
    with unit_of_work():
        inspecting.examine(buyback, by=clerk(), at=clock.now())
        inspecting.find_genuine(buyback, by=expert(), at=clock.now())
    return buyback


def bought(buyback: Buyback | None = None, form: PayoutForm = PayoutForm.STORE_CREDIT) -> Buyback:
    buyback = inspected(buyback, form)
    with unit_of_work():
        inspecting.confirm(buyback, by=expert(), at=clock.now())
    runner.run_until_idle()
    return fresh(buyback)


def revised(buyback: Buyback | None = None, minor: int = 10_000) -> Buyback:
    buyback = inspected(buyback)
    with unit_of_work():
        price = Money(minor, buyback.currency)
        inspecting.revise(buyback, price, reason="The corners are worn.", by=expert(), at=clock.now())
    runner.run_until_idle()
    return buyback


def failed(buyback: Buyback | None = None) -> Buyback:
    buyback = received(buyback)
    with unit_of_work():
        inspecting.examine(buyback, by=clerk(), at=clock.now())
        inspecting.fail(buyback, "altered", by=expert(), at=clock.now())
    runner.run_until_idle()
    return buyback


def purchases_in_ledger() -> int:
    return balance(Account.PURCHASES, world.policy().market.currency).minor


def bought_for() -> int:
    """The prices of everything whose title passed to us."""
    paid = sa.select(sa.func.coalesce(sa.func.sum(Buyback.owed_minor), 0)).where(Buyback.bought_at.is_not(None))
    return int(db.session.scalar(paid) or 0)


__all__ = ["BuybackState", "a_wish", "clerk", "expert"]
