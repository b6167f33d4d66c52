"""Banks' cases at the desk: what a bank asks until when, the evidence, and what follows once one is lost."""

from __future__ import annotations

import io
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired

from marketplace import clock, events
from marketplace.database import db
from marketplace.desk.reading import noted
from marketplace.disputes import chargebacks as cases
from marketplace.disputes import evidence
from marketplace.disputes.bank_words import EVENTS, STATES, reason
from marketplace.disputes.banks_deadlines import SILENCE
from marketplace.disputes.evidence import NotThatFile
from marketplace.disputes.permissions import OwnCase
from marketplace.disputes.words import WAITING
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.ledger import Account, balance
from marketplace.money import Money
from marketplace.payments import chargebacks
from marketplace.payments.chargeback_models import CannotAnswerBank, CannotConclude, Chargeback, ChargebackState
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("desk_chargebacks", __name__)

MOST_SHOWN = 500


@bp.url_value_preprocessor
def _room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = evidence.MOST_BYTES + 256 * 1024


class FileForm(Form):
    """One file, and what it proves."""

    field = SelectField(_l("What it proves"), choices=list(evidence.FILES.items()))
    file = FileField(_l("PDF, JPEG or PNG"))


class ConcludeForm(Form):
    """Whether the seller is paid although the bank took the money."""

    outcome = RadioField(
        _l("The seller"),
        [InputRequired(_l("Choose what follows."))],
        choices=[
            ("paid", _l("is paid: the loss is ours")),
            ("not_paid", _l("is not paid: they were at fault, or the piece never left them")),
        ],
    )
    words = TextAreaField(_l("Reason, for the seller to read"), [PlainText(1000, lines=True)])


def _evidence_form(chargeback: Chargeback, *, blank: bool = False) -> Form:
    fields = {name: TextAreaField(label, [PlainText(3000, required=False, lines=True)]) for name, label in TEXTS}
    kind: type[Form] = type("EvidenceTextsForm", (Form,), fields)
    return kind(formdata=None, data=evidence.proposed(chargeback)) if blank else kind()


TEXTS = list(evidence.TEXTS.items())


def numbered(number: str) -> Chargeback:
    """The bank's case of that number; else ``NotFound``."""
    chargeback = db.session.scalar(sa.select(Chargeback).where(Chargeback.number == number))
    if chargeback is None:
        raise NotFound()
    return chargeback


@bp.get("/desk/chargebacks")
@staff(Role.AGENT)
def queue() -> ResponseReturnValue:
    """What banks ask or have taken: the open ones by time left, then those that are over."""
    query = sa.select(Chargeback).order_by(Chargeback.due_at.is_(None), Chargeback.due_at, Chargeback.id.desc())
    at, found = clock.now(), db.session.scalars(query.limit(MOST_SHOWN)).all()
    titles = cases.titles_of(found)
    rows = [
        (one, titles[one.id], STATES[one.state], one.due_at - at if one.due_at else None, SILENCE.get(one.state))
        for one in found
    ]
    return render_template("desk/chargebacks.html", rows=rows, waiting=WAITING, reason=reason)


@bp.get("/desk/chargebacks/<number>")
@staff(Role.AGENT)
def case(number: str) -> ResponseReturnValue:
    """One bank's case: its orders, its money, its evidence."""
    return _show(noted(numbered(number)))


def _show(chargeback: Chargeback, sent: Form | None = None) -> ResponseReturnValue:
    silence, may_answer = SILENCE.get(chargeback.state), chargebacks.can_answer(chargeback)
    page = render_template(
        "desk/chargeback.html",
        chargeback=chargeback,
        state=STATES[chargeback.state],
        waiting=WAITING[silence.waiting_on] if silence else None,
        silence=silence.outcome if silence else None,
        reason=reason(chargeback.reason),
        orders=cases.orders_of(chargeback),
        fee=cases.fee_of(chargeback),
        cost=_cost(chargeback),
        is_own=cases.is_party(chargeback, the_person()),
        may_answer=may_answer,
        may_conclude=cases.can_conclude(chargeback, the_person()),
        files=[(evidence.FILES[file.field], file) for file in chargeback.files],
        told=[(label, chargeback.evidence[name]) for name, label in TEXTS if name in chargeback.evidence],
        texts=_evidence_form(chargeback, blank=True) if may_answer else None,
        file_form=FileForm(formdata=None, prefix="file-"),
        conclude_form=sent if isinstance(sent, ConcludeForm) else ConcludeForm(formdata=None, prefix="end-"),
        trail=[(EVENTS[event.action], event.at) for event in reversed(events.history(chargeback))],
        errors=sent,
    )
    return page, 422 if sent else 200


def _cost(chargeback: Chargeback) -> Money:
    """What the bank has of its orders' money and nobody has covered, and what it charged for that."""
    taken = chargeback.fee
    if cases.fee_of(chargeback) is not None:
        return taken + chargeback.withdrawn
    for order in cases.orders_of(chargeback):
        taken += balance(Account.CHARGEBACKS, chargeback.currency, order_id=order.id)
    return taken


def _no_party(chargeback: Chargeback) -> Person:
    agent = the_person()
    if cases.is_party(chargeback, agent):
        raise OwnCase()
    return agent


def _to_case(number: str, words: str) -> ResponseReturnValue:
    flash(words)
    return redirect(url_for("desk_chargebacks.case", number=number), 303)


@bp.post("/desk/chargebacks/<number>/files")
@staff(Role.AGENT)
def add_file(number: str) -> ResponseReturnValue:
    """Add a file to what the bank will read."""
    chargeback, form = numbered(number), FileForm(prefix="file-")
    agent, chosen = _no_party(chargeback), request.files.get("file-file")
    if not chargebacks.can_answer(chargeback):
        raise CannotAnswerBank()
    if not form.validate_on_submit() or chosen is None:
        raise NotThatFile()
    content = chosen.stream.read(evidence.MOST_BYTES + 1)
    evidence.add_file(chargeback, form.field.data, chosen.filename or "", content, by=agent, at=clock.now())
    return _to_case(number, _("Added. It goes with the rest."))


@bp.get("/desk/chargebacks/<number>/files/<int:file_id>")
@staff(Role.AGENT)
def file(number: str, file_id: int) -> ResponseReturnValue:
    """A file as the bank reads it."""
    found = next((one for one in noted(numbered(number)).files if one.id == file_id), None)
    if found is None:
        raise NotFound()
    answer = send_file(io.BytesIO(found.content), found.media_type, as_attachment=True, download_name=found.name)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/desk/chargebacks/<number>/send")
@staff(Role.AGENT)
def send(number: str) -> ResponseReturnValue:
    """Send the evidence, once and for good."""
    chargeback, form = numbered(number), _evidence_form(numbered(number))
    agent = _no_party(chargeback)
    if not form.validate_on_submit():
        return _show(chargeback, form)
    said = {name: form[name].data or "" for name, _label in TEXTS}
    chargebacks.send_evidence(chargeback, said, by=agent, at=clock.now())
    return _to_case(number, _("On its way to the bank. It reads no second answer."))


@bp.post("/desk/chargebacks/<number>/conclude")
@staff(Role.AGENT)
def conclude(number: str) -> ResponseReturnValue:
    """Say what follows for the seller, now that the bank has decided for the buyer."""
    chargeback, form = numbered(number), ConcludeForm(prefix="end-")
    agent = _no_party(chargeback)
    if chargeback.state is not ChargebackState.LOST:
        raise CannotConclude()
    if not form.validate_on_submit():
        return _show(chargeback, form)
    pays_seller = form.outcome.data == "paid"
    cases.conclude(chargeback, pays_seller=pays_seller, words=form.words.data, by=agent, at=clock.now())
    return _to_case(number, _("Concluded. The seller has been told."))
