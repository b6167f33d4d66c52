"""One key, one effect, one answer: a call that is repeated because its answer was lost does nothing twice.

The answer is stored in the transaction of the work itself, so there is no moment at which one stands without the
other. A refusal is an answer like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from marketplace import clock
from marketplace.credits.answers import Answer, refused
from marketplace.credits.models import ApiToken, IdempotentAnswer
from marketplace.credits.requests import Body, Unreadable
from marketplace.database import db, insert_new, unit_of_work
from marketplace.errors import Refusal
from marketplace.jobs import sealing

CODES_KEPT = timedelta(days=30)
UNANSWERED = 0


def once(token: ApiToken, key: str, *, call: str, body: Body, at: datetime, act: Callable[[], Answer]) -> Answer:
    """The answer of ``act``, or the stored one where this token has used ``key`` before.

    ``call`` and ``body`` are what the key stands for; another call or body under it raises ``Unreadable`` (422).
    """
    asked = hashlib.sha256(msgspec.json.encode([call, body], order="sorted")).hexdigest()
    fields = {"token_id": token.id, "key": key, "request_hash": asked, "answered_at": at}
    claim = insert_new(IdempotentAnswer).values(**fields, status=UNANSWERED, answer={}).returning(IdempotentAnswer)
    mine = db.session.scalar(claim)
    if mine is None:
        return _repeated(token, key, asked)
    try:
        with db.session.begin_nested():
            answer = act()
    except Refusal as refusal:
        answer = refused(refusal)
    mine.status, mine.answer = answer.status, answer.body
    mine.sealed = sealing.seal({"code": answer.code}) if answer.code else None
    db.session.flush()
    return answer


def _repeated(token: ApiToken, key: str, asked: str) -> Answer:
    stored = db.session.scalars(
        sa.select(IdempotentAnswer).where(IdempotentAnswer.token_id == token.id, IdempotentAnswer.key == key)
    ).one()
    if stored.request_hash != asked:
        raise Unreadable(422, "idempotency_key_reused", "This Idempotency-Key stands for another request.")
    code = sealing.unseal(stored.sealed)["code"] if stored.sealed else None
    return Answer(stored.status, stored.answer, code)


_OLD = sa.and_(IdempotentAnswer.sealed.is_not(None), IdempotentAnswer.answered_at < clock.before(clock.now, CODES_KEPT))
HAS_CODES_TO_FORGET = sa.exists().where(_OLD)


def forget_codes() -> int:
    """Erase the codes of answers older than ``CODES_KEPT``; a chore of the runner. Returns how many there were."""
    with unit_of_work() as session:
        erased = session.scalars(
            sa.update(IdempotentAnswer)
            .where(_OLD)
            .values(sealed=None)
            .returning(IdempotentAnswer.id)
            .execution_options(synchronize_session=False)
        )
        return len(erased.all())
