"""The second factor of staff: a code from an authenticator app, good once (faults P08, P10).

Steps of 30 seconds are counted in wall time, as authenticator apps count them.
"""

from __future__ import annotations

import secrets
from datetime import datetime

import pyotp
import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from marketplace import clock, events
from marketplace.database import db
from marketplace.errors import ProgrammingError, Refusal
from marketplace.jobs import sealing
from marketplace.people.models import Person, SignIn

STEP_SECONDS = 30
BEHIND, AHEAD = 1, 1  # how many steps a phone's clock may be off
AHEAD_IN_SANDBOX = 20  # so that a script which signs in twenty times need not wait ten minutes


class CodeRefused(Refusal):
    """Not the code of now, or one that was used before."""

    message = _l("This is not the code of now. Wait for the next one in your app and enter that.")
    status = 422


def prepare(person: Person) -> None:
    """Give ``person`` a secret to put into their app, unless they have one."""
    if person.totp_sealed is None:
        person.totp_sealed = sealing.seal({"totp": pyotp.random_base32()})


def forget(person: Person, *, at: datetime) -> None:
    """A lost phone: a new secret, to be set up at the next sign-in."""
    person.totp_sealed, person.totp_confirmed_at, person.totp_last_step = None, None, None
    prepare(person)
    events.record(person, "second_factor_forgotten", by=events.SYSTEM, at=at)


def secret_of(person: Person) -> str:
    """The secret as apps take it (base32). Shown while it is being set up, never after."""
    if person.totp_sealed is None:
        raise ProgrammingError("no second factor was prepared")
    return sealing.unseal(person.totp_sealed)["totp"]


def address_of(person: Person, issuer: str) -> str:
    """The ``otpauth://`` address that a QR code carries into an app."""
    return pyotp.TOTP(secret_of(person)).provisioning_uri(name=person.email, issuer_name=issuer)


def enter(sign_in: SignIn, code: str, *, at: datetime, sandbox: bool = False) -> None:
    """Pass the second factor in this sign-in; the first time also confirms the set-up. Raises ``CodeRefused``."""
    person = sign_in.person
    _use(person, code, ahead=AHEAD_IN_SANDBOX if sandbox else AHEAD)
    if person.totp_confirmed_at is None:
        person.totp_confirmed_at = at
        events.record(person, "second_factor_set_up", by=person, at=at)
    sign_in.second_factor_at = at
    db.session.flush()


def _use(person: Person, code: str, *, ahead: int) -> None:
    """Spend a code: its step is written in the same UPDATE that checks it is newer than the last one."""
    totp, now = pyotp.TOTP(secret_of(person)), _step(clock.wall())
    typed = code.replace(" ", "").encode("utf-8", "surrogatepass")
    steps = [
        step
        for step in range(now - BEHIND, now + ahead + 1)
        if secrets.compare_digest(totp.generate_otp(step).encode(), typed)
    ]
    spent = steps and db.session.scalar(
        sa.update(Person)
        .where(Person.id == person.id, sa.or_(Person.totp_last_step.is_(None), Person.totp_last_step < steps[-1]))
        .values(totp_last_step=steps[-1])
        .returning(Person.id)
    )
    if not spent:
        raise CodeRefused()


def next_code(person: Person) -> str:
    """The next code that will work: what the sandbox shows, so that anyone can walk the desk."""
    step = max(_step(clock.wall()), (person.totp_last_step or 0) + 1)
    return pyotp.TOTP(secret_of(person)).generate_otp(step)


def _step(moment: datetime) -> int:
    return int(moment.timestamp()) // STEP_SECONDS
