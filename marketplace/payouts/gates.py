"""What is missing before somebody can be paid by bank: the tax form, who they are, where it goes (LUX-68, LUX-70)."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.jobs import sealing
from marketplace.payouts.accounts import account_of
from marketplace.payouts.cash import carrier
from marketplace.payouts.cash_models import PayoutPapers, PayoutTransfer, TaxStatus, Wallet
from marketplace.payouts.coming_back import bad_ends
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.programme import versions


class Step(enum.StrEnum):
    """Something that has to happen first; the label a person reads stands in ``payouts.words``."""

    TAX_FORM = "tax_form"
    ONLINE_ACCOUNT = "online_account"  # at a carrier that hosts accounts: not begun, or not gone through
    IDENTITY = "identity"
    BANK_ACCOUNT = "bank_account"
    COOLING = "cooling"  # the bank details were changed just now
    NEW_ACCOUNT = "new_account"  # the bank sent money back: other details are needed
    CHECKING = "checking"  # the carrier looks at what was entered
    SHUT = "shut"  # the carrier sends this person nothing


OF_BANK = "external_account"  # how the carrier calls bank details, and the beginnings of what it calls identity
OF_IDENTITY = ("individual.", "person.", "representative.", "owners.", "directors.", "executives.", "company.")
SHUT_OUT = ("rejected", "listed", "platform_paused")


def missing(person_id: int, *, at: datetime) -> list[Step]:
    """What keeps this person from being paid by bank now, in the order it is done; empty where nothing does."""
    wanted = versions.current().policy.payout.cash.needs
    papers, account = db.session.get(PayoutPapers, person_id), account_of(person_id)
    hosted = carrier().hosts_accounts
    steps = []
    if "tax_form" in wanted and (papers is None or papers.tax_form_at is None):
        steps.append(Step.TAX_FORM)
    if hosted:
        steps += _missing_there(db.session.get(Wallet, person_id))
    elif "identity" in wanted and (papers is None or papers.identity_checked_at is None):
        steps.append(Step.IDENTITY)
    if account is None or account.changed_at is None or account.usable_from is None:
        return steps if hosted and steps else [*steps, Step.BANK_ACCOUNT]
    if _came_back_since(person_id, account.changed_at):
        steps.append(Step.NEW_ACCOUNT)
    elif at < account.usable_from:
        steps.append(Step.COOLING)
    return steps


def _missing_there(wallet: Wallet | None) -> list[Step]:
    """What the carrier still wants before it takes money for this account, named as our own steps are."""
    if wallet is None or wallet.ref is None:
        return [Step.ONLINE_ACCOUNT]
    if wallet.is_ready:
        return []
    if wallet.disabled.startswith(SHUT_OUT):
        return [Step.SHUT]
    named = {_step_of(one) for one in wallet.due}
    if not wallet.is_submitted:
        named.add(Step.ONLINE_ACCOUNT)
    return [step for step in Step if step in named] or [Step.CHECKING]


def _step_of(requirement: str) -> Step:
    if requirement == OF_BANK:
        return Step.BANK_ACCOUNT
    of_identity = requirement.startswith((*OF_IDENTITY, "person_"))
    return Step.IDENTITY if of_identity else Step.ONLINE_ACCOUNT


def _came_back_since(person_id: int, changed_at: datetime) -> bool:
    """Whether money came back from the account as it is now (LUX-76)."""
    bad = sa.select(PayoutTransfer.id).join(Payout, Payout.id == PayoutTransfer.payout_id)
    came_back = bad.where(
        Payout.seller_id == person_id,
        PayoutTransfer.state.in_(bad_ends()),
        PayoutTransfer.sent_at >= changed_at,
    )
    return db.session.scalar(came_back.limit(1)) is not None


def _papers(person_id: int) -> PayoutPapers:
    papers = db.session.get(PayoutPapers, person_id)
    if papers is None:
        papers = PayoutPapers(person_id=person_id)
        db.session.add(papers)
    return papers


def file_tax_form(person: Person, status: TaxStatus, *, number: str, at: datetime) -> None:
    """What somebody says about VAT; the number, where there is one, is encrypted."""
    papers = _papers(person.id)
    papers.tax_status, papers.tax_form_at = status, at
    papers.tax_number_sealed = sealing.seal({"number": number}) if number else None
    db.session.flush()
    events.record(person, "file_tax_form", by=person, at=at)


def confirm_identity(person_id: int, *, by: Person, at: datetime) -> None:
    """A manager has seen who this is."""
    papers = _papers(person_id)
    papers.identity_checked_at, papers.identity_checked_by_id = at, by.id
    db.session.flush()
    events.record(db.session.get_one(Person, person_id), "confirm_identity", by=by, at=at)
