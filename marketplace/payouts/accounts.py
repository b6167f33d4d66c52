"""Bank details: entered with a code from the mailbox, encrypted, shown by their last four, at rest for a day.

Whoever has taken over a session cannot turn a payout to themselves: the code goes to the account's own address, its
owner is told of every change, and for the policy's hours nothing is paid to the new account (fault X12).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import events
from marketplace.database import CROCKFORD, db
from marketplace.errors import Refusal
from marketplace.jobs import sealing
from marketplace.payouts.cash import carrier
from marketplace.payouts.cash_models import BankAccount, BankCode, Wallet
from marketplace.payouts.facts import BankCodeWanted, BankDetailsChanged
from marketplace.people.models import Person
from marketplace.programme import versions

CODE_LENGTH = 8
CODE_GOOD_FOR = timedelta(minutes=15)
MOST_TRIES = 5

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{6}[A-Z2-9][A-NP-Z0-9]([A-Z0-9]{3})?")
_NUMBER = re.compile(r"\d{4,17}")
_BANK_NUMBER = re.compile(r"\d{5,11}")


class WrongBankCode(Refusal):
    message = _l("This is not the code we sent, or it is too old. Ask for a new one.")
    status = 422


class AccountAbroad(Refusal):
    message = _l("We send bank transfers to accounts in our own country only.")
    status = 422


@dataclass(frozen=True)
class BankDetails:
    """Where money goes, as it is sealed."""

    name: str = field(repr=False)
    account: str = field(repr=False)
    bank: str = field(repr=False)


def tidy(typed: str) -> str:
    """An account number as banks write it: capitals, nothing between the figures."""
    return re.sub(r"[\s-]", "", typed).upper()


def is_iban(account: str) -> bool:
    """Whether the account is an IBAN whose check digits are right."""
    if not _IBAN.fullmatch(account):
        return False
    return int("".join(str(int(figure, 36)) for figure in account[4:] + account[:4])) % 97 == 1


def is_account(account: str) -> bool:
    """Whether it can be an account: an IBAN, or a plain number where banks have no IBAN."""
    return is_iban(account) or bool(_NUMBER.fullmatch(account))


def is_bic(bank: str) -> bool:
    """Whether the bank is named by its BIC."""
    return bool(_BIC.fullmatch(bank))


def is_bank(bank: str) -> bool:
    """Whether a bank can be called so: a BIC, or the number its country's banks go by."""
    return is_bic(bank) or bool(_BANK_NUMBER.fullmatch(bank))


def is_abroad(details: BankDetails, country: str) -> bool:
    """Whether the account names another country than this; a plain number is its own country's."""
    named = [details.account[:2]] if is_iban(details.account) else []
    named += [details.bank[4:6]] if is_bic(details.bank) else []
    return any(one != country for one in named)


def send_code(person: Person, *, at: datetime) -> None:
    """Mail a fresh code to the account's own address; the one before it opens nothing any more."""
    code = "".join(secrets.choice(CROCKFORD) for _ in range(CODE_LENGTH))
    known = db.session.get(BankCode, person.id)
    if known is None:
        known = BankCode(person_id=person.id)
        db.session.add(known)
    known.code_hash, known.made_at, known.tries = _hash(person, code), at, 0
    db.session.flush()
    events.announce(BankCodeWanted(person.id, at, code))


def take_code(person: Person, code: str, *, at: datetime) -> bool:
    """Whether this is the code, which is then used up. A wrong one counts: after five the code is worth nothing.

    The caller commits either way.
    """
    mine = sa.select(BankCode).where(BankCode.person_id == person.id).with_for_update()
    known = db.session.scalar(mine.execution_options(populate_existing=True))
    if known is None or known.tries >= MOST_TRIES or at >= known.made_at + CODE_GOOD_FOR:
        return False
    if not hmac.compare_digest(known.code_hash, _hash(person, tidy(code))):
        known.tries += 1
        return False
    db.session.delete(known)
    db.session.flush()
    return True


def check_home(details: BankDetails) -> None:
    """Raise ``AccountAbroad`` for an account that policy does not pay to."""
    policy = versions.current().policy
    if policy.payout.cash.home_accounts_only and is_abroad(details, policy.market.country):
        raise AccountAbroad()


def change(person: Person, details: BankDetails, *, at: datetime) -> BankAccount:
    """Pay this person here from now on, after the cooling hours. That a code was taken is the caller's to see to.

    Raises ``AccountAbroad`` where policy pays to accounts of its own country alone (LUX-64).
    """
    check_home(details)
    hours = versions.current().policy.payout.cash.cooling_hours
    known = db.session.get(BankAccount, person.id)
    if known is None:
        known = BankAccount(person_id=person.id)
        db.session.add(known)
    known.sealed = sealing.seal({"name": details.name, "account": details.account, "bank": details.bank})
    known.last_four = details.account[-4:]
    known.changed_at, known.usable_from = at, at + timedelta(hours=hours)
    db.session.flush()
    events.record(person, "change_bank", by=person, at=at)
    events.announce(BankDetailsChanged(person.id, at))
    return known


def account_of(person_id: int) -> BankAccount | Wallet | None:
    """Where a person is paid: their details here or, where the carrier hosts accounts, their account there.

    None of the latter before there are bank details behind it.
    """
    if not carrier().hosts_accounts:
        return db.session.get(BankAccount, person_id)
    wallet = db.session.get(Wallet, person_id)
    return wallet if wallet is not None and wallet.bank_ref else None


def unsealed(sealed: bytes) -> BankDetails:
    """The details, for whoever carries the money and nobody else."""
    said = sealing.unseal(sealed)
    return BankDetails(said["name"], said["account"], said["bank"])


def _hash(person: Person, code: str) -> str:
    """Bound to its person, and to a key, since a code this short could be tried out."""
    return sealing.fingerprint(hashlib.sha256(f"bank:{person.id}:{code}".encode()).hexdigest())
