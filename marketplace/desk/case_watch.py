"""What every page of a case at the desk is held to: who reads it is noted, and nobody acts on an outdated page.

Each form's address carries how far the case had come when the page was made (``as_of``); a page that is older than the
case is answered with what has happened since, and nothing is done.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.disputes import caseload, changes, queue
from marketplace.disputes.access import numbered
from marketplace.disputes.locking import lock
from marketplace.disputes.models import Dispute
from marketplace.people import readings
from marketplace.permissions import the_person

UNSEEN = ("csrf_token", "seen", "step")  # what a form sends that nobody typed


def watch(bp: Blueprint) -> None:
    """Hold every view of ``bp`` that has a case's number to this."""
    bp.before_request(_look)
    bp.url_defaults(_mark)
    bp.context_processor(_around)


def _look() -> ResponseReturnValue | None:
    number = (request.view_args or {}).get("number")
    if number is None:
        return None
    dispute = numbered(number)
    if request.method == "GET":
        _note_reader(dispute)
    elif request.method == "POST":
        dispute = lock(dispute)
    g.watched, g.case_mark = dispute, changes.mark(dispute)
    seen = request.args.get("as_of", type=int)
    if request.method == "POST" and seen is not None and seen < g.case_mark:
        return _changed(dispute, seen)
    return None


def _note_reader(dispute: Dispute) -> None:
    """A transaction of its own: the page itself only reads."""
    agent = the_person()
    with unit_of_work():
        caseload.note_visit(dispute.id, agent, at=clock.now())
        readings.note(dispute, by=agent, at=clock.now())


def _changed(dispute: Dispute, seen: int) -> ResponseReturnValue:
    typed = [value for name, value in request.form.items() if name not in UNSEEN and value.strip()]
    page = render_template("desk/case_changed.html", dispute=dispute, changes=changes.since(dispute, seen), typed=typed)
    return page, 409


def _mark(endpoint: str, values: dict[str, Any]) -> None:
    """Put the mark into the address of every form on the page."""
    if "case_mark" in g and not any("GET" in (rule.methods or ()) for rule in current_app.url_map.iter_rules(endpoint)):
        values.setdefault("as_of", g.case_mark)


def _around() -> dict[str, Any]:
    """What stands above a case: whose it is, who else looks at it, what comes next."""
    dispute: Dispute | None = g.get("watched")
    if dispute is None:
        return {}
    agent, at = the_person(), clock.now()
    return {
        "owner": caseload.agent_of(dispute),
        "others": caseload.others_looking(dispute, agent, at),
        "aside": caseload.snooze_of(dispute, agent, at),
        "next_case": queue.next_of(dispute, agent, at),
    }
