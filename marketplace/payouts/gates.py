"""What is missing before somebody can be paid by bank: the tax form, who they are, where it goes (LUX-68, LUX-70)."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.jobs import sealing
from marketplace.payouts.accounts import account_of
from marketplace.payouts.cash_models import PayoutPapers, PayoutTransfer, TaxStatus, TransferState
from marketplace.payouts.models import Payout
from marketplace.people.models import Person
from marketplace.programme import versions


class Step(enum.StrEnum):
    """Something that has to happen first; the label a person reads stands in ``payouts.words``."""

    TAX_FORM = "tax_form"
    IDENTITY = "identity"
    BANK_ACCOUNT = "bank_account"
    COOLING = "cooling"  # the bank details were changed just now
    NEW_ACCOUNT = "new_account"  # the bank sent money back: other details are needed


def missing(person_id: int, *, at: datetime) -> list[Step]:
    """What keeps this person from being paid by bank now, in the order it is done; empty where nothing does."""
    wanted = versions.current().policy.payout.cash.needs
    papers, account = db.session.get(PayoutPapers, person_id), account_of(person_id)
    steps = []
    if "tax_form" in wanted and (papers is None or papers.tax_form_at is None):
        steps.append(Step.TAX_FORM)
    if "identity" in wanted and (papers is None or papers.identity_checked_at is None):
        steps.append(Step.IDENTITY)
    if account is None:
        steps.append(Step.BANK_ACCOUNT)
    elif _came_back_since(person_id, account.changed_at):
        steps.append(Step.NEW_ACCOUNT)
    elif at < account.usable_from:
        steps.append(Step.COOLING)
    return steps


def _came_back_since(person_id: int, changed_at: datetime) -> bool:
    """Whether money came back from the account as it is now (LUX-76)."""
    bad = sa.select(PayoutTransfer.id).join(Payout, Payout.id == PayoutTransfer.payout_id)
    came_back = bad.where(
        Payout.seller_id == person_id,
        PayoutTransfer.state.in_([TransferState.FAILED, TransferState.RETURNED]),
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
