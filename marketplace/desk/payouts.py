"""``/desk/payouts``: what is due by bank, runs, a second person's approval, what the bank sends back. For managers."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.money import Money
from marketplace.payouts import gates, returns, runs
from marketplace.payouts.cash import carrier
from marketplace.payouts.cash_models import PayoutRun, PayoutTransfer, RunState, TransferState
from marketplace.payouts.gates import Step
from marketplace.payouts.words import RUN_STATES, STEPS, TRANSFER_STATES, TRANSFER_TONES
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person

bp = Blueprint("desk_payouts", __name__)

CAN_COME_BACK = (TransferState.SENT, TransferState.PAID)


def _run(number: str) -> PayoutRun:
    run = runs.run_numbered(number)
    if run is None:
        raise NotFound()
    return run


def _back(run: PayoutRun, said: str) -> ResponseReturnValue:
    flash(said, "ok")
    return redirect(url_for("desk_payouts.run", number=run.number), 303)


@bp.get("/desk/payouts")
@staff(Role.MANAGER)
def due() -> ResponseReturnValue:
    """What is due, what keeps it from being paid, and the runs there were."""
    waiting = runs.due(at=clock.now())
    return render_template(
        "desk/payouts.html",
        waiting=waiting,
        ready=[one for one in waiting if not one.missing],
        runs=runs.all_runs(),
        step_words=STEPS,
        identity=None if carrier().hosts_accounts else Step.IDENTITY,
        run_words=RUN_STATES,
        now=clock.now(),
    )


@bp.post("/desk/payouts")
@staff(Role.MANAGER)
def prepare() -> ResponseReturnValue:
    """Put what can be paid into a run."""
    run = runs.prepare(by=the_person(), at=clock.now())
    return _back(run, _("Prepared. Nothing has left yet."))


@bp.post("/desk/payouts/people/<int:person_id>/identity")
@staff(Role.MANAGER)
def identity(person_id: int) -> ResponseReturnValue:
    """A manager has seen who this is."""
    if db.session.get(Person, person_id) is None:
        raise NotFound()
    gates.confirm_identity(person_id, by=the_person(), at=clock.now())
    flash(_("Noted that you have checked who this is."), "ok")
    return redirect(url_for("desk_payouts.due"), 303)


@bp.get("/desk/payouts/<number>")
@staff(Role.MANAGER)
def run(number: str) -> ResponseReturnValue:
    """The run as it would leave, or as it left."""
    shown, person = _run(number), the_person()
    is_prepared = shown.state is RunState.PREPARED
    return render_template(
        "desk/payout_run.html",
        run=shown,
        people=_people(shown),
        prepared_by=db.session.get_one(Person, shown.prepared_by_id),
        approved_by=db.session.get(Person, shown.approved_by_id) if shown.approved_by_id else None,
        needs_approval=is_prepared and runs.needs_approval(shown),
        may_approve=shown.prepared_by_id != person.id,
        offered=_offered(shown, person),
        by_file=_by_file(),
        on_its_way=_on_its_way(shown),
        run_words=RUN_STATES,
        transfer_words=TRANSFER_STATES,
        tones=TRANSFER_TONES,
        can_come_back=CAN_COME_BACK,
    )


def _people(run: PayoutRun) -> dict[int, Person]:
    return {one.payout_id: db.session.get_one(Person, one.payout.seller_id) for one in run.transfers}


def _by_file() -> bool:
    return carrier().name == "bank_file"


def _on_its_way(run: PayoutRun) -> list[PayoutTransfer]:
    return [one for one in run.transfers if one.state is TransferState.SENT]


def _offered(run: PayoutRun, person: Person) -> list[str]:
    """What this person may do with the run now; each is asked about on a page of its own first."""
    if run.state is not RunState.PREPARED:
        return ["carried-out"] if _by_file() and _on_its_way(run) else []
    if not runs.needs_approval(run):
        return ["start", "cancel"]
    return ["cancel"] if run.prepared_by_id == person.id else ["approve", "cancel"]


@bp.get("/desk/payouts/<number>/approve", defaults={"verb": "approve"})
@bp.get("/desk/payouts/<number>/start", defaults={"verb": "start"})
@bp.get("/desk/payouts/<number>/cancel", defaults={"verb": "cancel"})
@bp.get("/desk/payouts/<number>/carried-out", defaults={"verb": "carried-out"})
@staff(Role.MANAGER)
def before(number: str, verb: str) -> ResponseReturnValue:
    """What is about to be done with a run, for how much and whom; where that is not offered there is no such page."""
    found = _run(number)
    if verb not in _offered(found, the_person()):
        raise NotFound()
    concerned = _on_its_way(found) if verb == "carried-out" else found.transfers
    moving = runs.leaving(found, at=clock.now()) if verb in ("approve", "start") else concerned
    return render_template(
        "desk/payout_run_action.html",
        run=found,
        verb=verb,
        transfers=concerned,
        moving=moving,
        total=Money(sum(one.amount_minor for one in moving), found.currency),
        people=_people(found),
        count=len({one.payout.seller_id for one in moving}),
        by_file=_by_file(),
        is_hosted=carrier().hosts_accounts,
    )


@bp.post("/desk/payouts/<number>/approve")
@staff(Role.MANAGER)
def approve(number: str) -> ResponseReturnValue:
    """The second person's word."""
    found = _run(number)
    runs.approve(found, by=the_person(), at=clock.now())
    return _back(found, _("Approved."))


@bp.post("/desk/payouts/<number>/start")
@staff(Role.MANAGER)
def start(number: str) -> ResponseReturnValue:
    """Send it."""
    found = _run(number)
    runs.start(found, by=the_person(), at=clock.now())
    return _back(found, _("Sent."))


@bp.post("/desk/payouts/<number>/cancel")
@staff(Role.MANAGER)
def cancel(number: str) -> ResponseReturnValue:
    """Take it apart again."""
    found = _run(number)
    runs.cancel(found, by=the_person(), at=clock.now())
    return _back(found, _("Cancelled. What was in it is due as before."))


@bp.get("/desk/payouts/<number>/file.xml")
@staff(Role.MANAGER)
def file(number: str) -> ResponseReturnValue:
    """What the bank is handed."""
    content = runs.file_of(_run(number))
    if content is None:
        raise NotFound()
    headers = {"Content-Disposition": f'attachment; filename="{number}.xml"', "Cache-Control": "no-store"}
    return Response(content, mimetype="application/xml", headers=headers)


@bp.post("/desk/payouts/<number>/carried-out")
@staff(Role.MANAGER)
def carried_out(number: str) -> ResponseReturnValue:
    """The bank has carried out the file."""
    found = _run(number)
    runs.arrive_all(found, by=the_person(), at=clock.now())
    return _back(found, _("Noted: the bank has carried it out."))


def _transfer(run: PayoutRun, number: str) -> PayoutTransfer:
    one: PayoutTransfer | None = next((each for each in run.transfers if each.number == number), None)
    if one is None:
        raise NotFound()
    return one


@bp.get("/desk/payouts/<number>/<transfer>/came-back")
@staff(Role.MANAGER)
def before_it_came_back(number: str, transfer: str) -> ResponseReturnValue:
    """What is about to be said of this transfer, and what follows from it; it cannot be taken back."""
    found = _run(number)
    one = _transfer(found, transfer)
    if one.state not in CAN_COME_BACK:
        raise NotFound()
    return render_template(
        "desk/payout_came_back.html",
        run=found,
        one=one,
        who=db.session.get_one(Person, one.payout.seller_id),
        state=TRANSFER_STATES[one.state],
        is_asked=returns.can_take_back(one),
    )


@bp.post("/desk/payouts/<number>/<transfer>/came-back")
@staff(Role.MANAGER)
def came_back(number: str, transfer: str) -> ResponseReturnValue:
    """The bank sent one back (LUX-76)."""
    found = _run(number)
    one = _transfer(found, transfer)
    if returns.can_take_back(one):
        returns.take_back(one, by=the_person(), at=clock.now())
        return _back(found, _("Asked for it back. What its receiver has been paid out by then cannot be taken back."))
    runs.come_back(one, by=the_person(), at=clock.now())
    return _back(found, _("Noted. It is due again once its seller has entered other details."))
