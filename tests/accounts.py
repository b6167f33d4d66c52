"""People for tests, opened by the shop's own operations, and the mail they get."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db
from marketplace.mail.models import SandboxMail
from marketplace.people import demo_sign_ins
from marketplace.people.demo_sign_ins import DEMO_PASSWORD
from marketplace.people.models import Person, Role

PASSWORD = DEMO_PASSWORD

_numbers = itertools.count(1)


def an_account(email: str | None = None, *, name: str = "Ada Quill", roles: Sequence[Role] = ()) -> Person:
    """An account with ``PASSWORD``; a member of the club unless it is staff's."""
    email = email or f"person{next(_numbers)}@example.com"
    person = demo_sign_ins.open_account(email=email, name=name, at=clock.now(), roles=roles)
    db.session.commit()
    return person


def mail_to(email: str) -> list[SandboxMail]:
    """What arrived at an address, oldest first."""
    return list(
        db.session.scalars(sa.select(SandboxMail).where(SandboxMail.recipient == email).order_by(SandboxMail.id))
    )


def link_in(letter: SandboxMail) -> str:
    """The path behind the letter's button."""
    (address,) = {found.rstrip(".") for found in re.findall(r"https?://\S+/\S*[A-Za-z0-9_-]{20,}", letter.text)}
    return urlsplit(address).path
