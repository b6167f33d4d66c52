"""What buyers' banks do with a payment, told by the sandbox's provider, and what the desk answers."""

from __future__ import annotations

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.demo.cast import staff
from marketplace.disputes import chargebacks as cases
from marketplace.disputes import evidence
from marketplace.orders.models import Order
from marketplace.payments import attempts, chargebacks, sandbox, sandbox_chargebacks
from marketplace.payments import sandbox_pages as provider
from marketplace.payments.chargeback_models import Chargeback
from marketplace.payments.sandbox import SandboxSession
from marketplace.people.models import Role
from marketplace.shipping import parcels


def act(order_id: int, action: str) -> None:
    """The bank asks about the payment, takes it back or decides (``sandbox_chargebacks.BANK_ACTIONS``)."""
    with unit_of_work() as session:
        attempt = attempts.paid_attempt_of(session.get_one(Order, order_id).checkout_id)
        paid = sa.select(SandboxSession).where(SandboxSession.payment_ref == attempt.payment_ref)
        row = session.scalars(paid).one()
        told = sandbox_chargebacks.play(action, row.payment_ref or "", sandbox.left_of(row))
    for body in told:
        if provider.deliver(body) != 200:
            raise RuntimeError("the shop refused a webhook of its own sandbox")


def add_the_label(order_id: int) -> None:
    """An agent puts the label, with its tracking number, to what the bank will read."""
    with unit_of_work():
        parcel = parcels.parcel_of(order_id)
        if parcel is None or parcel.label_pdf is None:
            raise LookupError(f"order {order_id} has no label yet")
        name, agent = f"label-{parcel.tracking_number}.pdf", staff(Role.AGENT)
        evidence.add_file(_case(order_id), "shipping_documentation", name, parcel.label_pdf, by=agent, at=clock.now())


def answer(order_id: int) -> None:
    """An agent sends what speaks for the sale."""
    with unit_of_work():
        case = _case(order_id)
        chargebacks.send_evidence(case, evidence.proposed(case), by=staff(Role.AGENT), at=clock.now())


def conclude(order_id: int, words: str, *, pays_seller: bool) -> None:
    """An agent says what a lost case means for the seller."""
    with unit_of_work():
        cases.conclude(_case(order_id), pays_seller=pays_seller, words=words, by=staff(Role.AGENT), at=clock.now())


def _case(order_id: int) -> Chargeback:
    attempt = attempts.paid_attempt_of(db.session.get_one(Order, order_id).checkout_id)
    about = sa.select(Chargeback).where(Chargeback.attempt_id == attempt.id).order_by(Chargeback.id.desc())
    return db.session.scalars(about.limit(1)).one()
