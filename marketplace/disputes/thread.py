"""The one thread of a case: what its sides write, with contact details masked (fault P12)."""

from __future__ import annotations

from datetime import datetime

from marketplace import events
from marketplace.database import db
from marketplace.disputes.facts import CaseMoved, News
from marketplace.disputes.masking import mask
from marketplace.disputes.models import Dispute, DisputeMessage
from marketplace.disputes.states import DisputeOver, Side
from marketplace.orders.notes import DeskNote
from marketplace.people.models import Person


def say(dispute: Dispute, words: str, *, side: Side, by: Person, at: datetime) -> DisputeMessage | None:
    """Keep what somebody wrote along with a move of theirs; None where they wrote nothing."""
    if not words:
        return None
    kept, is_masked = (words, False) if side is Side.STAFF else mask(words)
    message = DisputeMessage(side=side, author_id=by.id, written_at=at, words=kept, is_masked=is_masked)
    dispute.messages.append(message)
    db.session.flush()
    return message


def write(dispute: Dispute, words: str, *, side: Side, by: Person, at: datetime) -> DisputeMessage | None:
    """Write to the others. Raises ``DisputeOver`` once the case is closed."""
    if dispute.is_over:
        raise DisputeOver()
    message = say(dispute, words, side=side, by=by, at=at)
    if message is not None:
        events.record(dispute, "write", by=by, at=at, message_id=message.id)
        events.announce(CaseMoved(dispute.id, News.MESSAGE, at, side))
    return message


def note(dispute: Dispute, words: str, *, by: Person, at: datetime) -> None:
    """Words among colleagues: on the desk's page of the order, for neither party."""
    events.record(dispute, "note", by=by, at=at, note_id=keep(dispute, words, by=by, at=at).id)


def keep(dispute: Dispute, words: str, *, by: Person, at: datetime) -> DeskNote:
    """Keep an agent's reason; the event that names its id is the caller's."""
    kept = DeskNote(order_id=dispute.order_id, author_id=by.id, written_at=at, words=words)
    db.session.add(kept)
    db.session.flush()
    return kept
