"""A person chooses how to be paid: for one payout until it is made, or from now on (NAP-02, BAL-06, LUX-69)."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from marketplace import events
from marketplace.database import db
from marketplace.payouts import forms, leaving
from marketplace.payouts.models import (
    FormNotOpen,
    Payout,
    PayoutForm,
    PayoutPreference,
    PayoutState,
    TooLateToChoose,
)
from marketplace.people.models import Person
from marketplace.programme import versions

CHOOSABLE = (PayoutState.DUE, PayoutState.HELD, PayoutState.STOPPED, PayoutState.REFUSED)


def can_choose(payout: Payout) -> bool:
    """Whether its form may still be chosen, and there is more than one."""
    is_open = payout.state is not PayoutState.DUE or leaving.waits(payout)
    open_forms = forms.open_forms(forms.terms(payout.terms_id), payout.reason)
    return payout.state in CHOOSABLE and is_open and len(open_forms) > 1


def choose(payout: Payout, form: PayoutForm, *, by: Person, at: datetime) -> None:
    """Pay this payout in ``form``: now where it is due, else as soon as it is. Cash may be changed until it is sent.

    Raises ``FormNotOpen``, or ``TooLateToChoose`` once it has left.
    """
    db.session.refresh(payout, with_for_update=True)
    policy = forms.terms(payout.terms_id)
    if form not in forms.open_forms(policy, payout.reason):
        raise FormNotOpen()
    if payout.state not in CHOOSABLE or not leaving.stay(payout, at=at):
        raise TooLateToChoose()
    payout.promised_by = forms.promised_anew(payout, form, at=at)
    payout.form = form
    events.record(payout, "choose", by=by, at=at, form=form.value)
    if payout.state in (PayoutState.DUE, PayoutState.REFUSED):
        leaving.leave(payout, at=at)


def preference_of(person: Person) -> PayoutForm | None:
    """How a person wants to be paid, where they have said so."""
    return db.session.scalar(sa.select(PayoutPreference.form).where(PayoutPreference.person_id == person.id))


def prefer(person: Person, form: PayoutForm, *, at: datetime) -> None:
    """From now on in ``form``, without waiting for a choice. Raises ``FormNotOpen``."""
    if form not in forms.open_forms(versions.current().policy):
        raise FormNotOpen()
    said = db.session.get(PayoutPreference, person.id)
    if said is None:
        db.session.add(PayoutPreference(person_id=person.id, form=form, chosen_at=at))
    else:
        said.form, said.chosen_at = form, at
    events.record(person, "prefer_payout", by=person, at=at, form=form.value)
