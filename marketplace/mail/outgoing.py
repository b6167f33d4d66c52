"""The post room: a message is an outbox row that names its facts; its words are made at the hand-over.

Secrets (a sign-in link's token, a gift card's code) are encrypted in the row until the hand-over, then erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Protocol, cast

from flask import current_app

from marketplace import clock, events
from marketplace.database import db, insert_new, unit_of_work
from marketplace.jobs import outbox
from marketplace.mail.facts import MailBounced, MailHandedOver
from marketplace.mail.letters import Letter, compose, in_words
from marketplace.mail.models import SandboxMail
from marketplace.programme.language import speaking
from marketplace.shipping.models import Parcel

MAIL = "mail"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Addressed:
    """A message's own part for one of those it goes to."""

    key: str
    to: str
    about: Any
    facts: dict[str, Any]
    secrets: dict[str, str] | None = field(default=None, repr=False)
    label_of: int | None = None
    language: str = ""  # of its reader; empty: the market's own

    def errand(self, message: str) -> outbox.Errand:
        """Its row of the outbox; the reader's language is spoken already."""
        whose = {"message": message, "to": self.to, "language": self.language}
        request = {**whose, "facts": in_words(self.facts), "parcel": self.label_of}
        return outbox.Errand(f"mail:{message}:{self.key}", self.about, request, self.secrets)


class Carrier(Protocol):
    """Hands a letter over. Raises ``jobs.outbox.NotDone`` or ``OutcomeUnknown`` on trouble."""

    def hand_over(self, *, key: str, message: str, to: str, letter: Letter, attachment: Attachment | None) -> bool:
        """True when taken; False when the address refuses mail for good."""
        ...

    def trouble(self) -> str:
        """Why no letter could be handed over right now, in words for the operator; empty where one could."""
        ...


def post_room() -> Carrier:
    """The way mail leaves this deployment."""
    return cast("Carrier", current_app.extensions["mail"])


def send(
    message: str,
    *,
    key: str,
    to: str,
    about: Any,
    at: datetime,
    facts: dict[str, Any],
    secrets: dict[str, str] | None = None,
    label_of: int | None = None,
    language: str = "",
) -> None:
    """Queue a message.

    ``facts`` are what its template speaks of (``in_words`` puts amounts and moments into the reader's ``language``);
    ``label_of`` names a parcel whose label goes along.
    """
    with speaking(language):
        row = Addressed(key, to, about, facts, secrets, label_of, language).errand(message)
    outbox.enqueue(MAIL, key=row.key, subject=row.subject, request=row.request, at=at, secrets=row.secrets)


def send_all(message: str, copies: Sequence[Addressed], *, at: datetime) -> None:
    """Queue the same message to many, with one statement; a key that was queued before is refused by the database."""
    errands: list[outbox.Errand] = []
    for language, same in groupby(copies, attrgetter("language")):
        with speaking(language):
            errands += [copy.errand(message) for copy in same]
    outbox.enqueue_all(MAIL, errands, at=at)


class MailSending:
    """Carries out ``mail``. The row's key is the Message-ID, so a repeat after a crash is the same letter."""

    def perform(self, row: outbox.OutboxRow) -> outbox.Done | outbox.Refused:
        message, to = row.request["message"], row.request["to"]
        with unit_of_work(reading=True), speaking(row.request.get("language", "")):
            letter = compose(message, {**row.request["facts"], **row.secrets})
            attachment = _label(row.request["parcel"])
        taken = post_room().hand_over(key=row.key, message=message, to=to, letter=letter, attachment=attachment)
        return outbox.Done({"subject": letter.subject}) if taken else outbox.Refused("the address refuses mail")

    def look_up(self, row: outbox.OutboxRow) -> None:
        return None

    def record(self, row: outbox.OutboxRow, outcome: outbox.Done | outbox.Refused, *, at: datetime) -> None:
        kind = MailHandedOver if isinstance(outcome, outbox.Done) else MailBounced
        events.announce(kind(row.request["message"], row.subject_type, row.subject_id, at))


def _label(parcel_id: int | None) -> Attachment | None:
    if parcel_id is None:
        return None
    parcel = db.session.get_one(Parcel, parcel_id)
    return Attachment("shipping-label.pdf", parcel.label_pdf) if parcel.label_pdf else None


class SandboxPostRoom:
    """Keeps every letter in the sandbox's mailbox. An address at ``bounce.test`` refuses mail."""

    def hand_over(self, *, key: str, message: str, to: str, letter: Letter, attachment: Attachment | None) -> bool:
        if to.endswith("@bounce.test"):
            return False
        with unit_of_work() as session:
            row = {
                "key": key,
                "message": message,
                "recipient": to,
                "subject": letter.subject,
                "html": letter.html,
                "text": letter.text,
                "attachment_name": attachment.name if attachment else None,
                "attachment": attachment.content if attachment else None,
                "sent_at": clock.now(),
            }
            session.execute(insert_new(SandboxMail), row)
        return True

    def trouble(self) -> str:
        return ""
