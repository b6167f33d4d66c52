"""Letters about bank transfers: the code for new details, their change, what was sent, what came back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marketplace.database import db
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.payouts.accounts import account_of
from marketplace.payouts.cash_models import PayoutTransfer
from marketplace.payouts.facts import BankCodeWanted, BankDetailsChanged, CashCameBack, CashSent
from marketplace.payouts.models import Payout
from marketplace.people.models import Person


def code(fact: BankCodeWanted) -> None:
    """The code, sealed in the row until the letter leaves."""
    person = db.session.get_one(Person, fact.person_id)
    key = f"{person.id}:{fact.at.isoformat()}"
    send(
        "bank_code",
        key=key,
        to=person.email,
        about=person,
        at=fact.at,
        facts={"bank_url": url("/sell/payouts/bank")},
        secrets={"code": fact.code},
        language=person.language,
    )


def changed(fact: BankDetailsChanged) -> None:
    """Whoever owns the account hears of every change, and when it begins to count."""
    person = db.session.get_one(Person, fact.person_id)
    account = account_of(person.id)
    if account is None:
        return
    key = f"{person.id}:{fact.at.isoformat()}"
    facts = {
        "last_four": account.last_four,
        "usable_from": account.usable_from,
        "payouts_url": url("/sell/payouts"),
    }
    send("bank_changed", key=key, to=person.email, about=person, at=fact.at, facts=facts, language=person.language)


def sent(fact: CashSent) -> None:
    """It is on its way."""
    _about_transfer("cash_sent", fact.payout_id, fact.transfer_id, fact.at, payouts_url=url("/sell/payouts"))


def came_back(fact: CashCameBack) -> None:
    """It was not taken: other details are needed, and the page of payouts leads to where they go (LUX-76)."""
    _about_transfer("cash_came_back", fact.payout_id, fact.transfer_id, fact.at, bank_url=url("/sell/payouts"))


def _about_transfer(message: str, payout_id: int, transfer_id: int, at: datetime, **more: Any) -> None:
    payout = db.session.get_one(Payout, payout_id)
    transfer = db.session.get_one(PayoutTransfer, transfer_id)
    person = db.session.get_one(Person, payout.seller_id)
    facts = {
        "number": payout.reference,
        "transfer": transfer.number,
        "amount": transfer.amount,
        "last_four": transfer.last_four,
        **more,
    }
    send(message, key=transfer.number, to=person.email, about=payout, at=at, facts=facts, language=person.language)
