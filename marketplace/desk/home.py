"""The desk's first page: what waits for a person, oldest first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import StringField

from marketplace import clock
from marketplace.buybacks.models import Buyback
from marketplace.consignments.models import ConsignedPiece, Consignment
from marketplace.credits.models import GiftCard
from marketplace.database import db
from marketplace.desk import queues
from marketplace.desk.labels import ALARMS, refused_refund
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.jobs import parked
from marketplace.jobs.alarms import Alarm, AlarmKind, clear_alarm
from marketplace.listings.models import Listing
from marketplace.orders import tax_books
from marketplace.orders.models import Order
from marketplace.payments import refunds
from marketplace.payments.chargeback_models import Chargeback
from marketplace.payments.models import Refund, UnknownMoney
from marketplace.payouts import goodwill
from marketplace.payouts.models import Goodwill, Payout
from marketplace.payouts.paying import issue_again
from marketplace.people import preferences
from marketplace.people.models import Role
from marketplace.permissions import current_person, page_if_open, staff, the_person
from marketplace.programme import versions
from marketplace.redirects import safe_next
from marketplace.text import PlainText

bp = Blueprint("desk", __name__)


class ClearForm(Form):
    """Why an alarm is done with."""

    reason = StringField("reason", [PlainText(500)])


# Where each part of the desk is, and who may open it.
VIEWS = (
    ("desk.home", "Alarms", (Role.REVIEWER, Role.AGENT, Role.WAREHOUSE)),
    ("review.queue", "Review", (Role.REVIEWER,)),
    ("case_work.cases", "Disputes", (Role.AGENT,)),
    ("desk_chargebacks.queue", "Chargebacks", (Role.AGENT,)),
    ("desk_orders.search", "Orders", (Role.AGENT, Role.WAREHOUSE)),
    ("supply.supply", "Supply", (Role.WAREHOUSE, Role.REVIEWER)),
    ("intake.scan", "Intake", (Role.WAREHOUSE, Role.REVIEWER)),
    ("desk_quotes.quotes", "Quotes", (Role.REVIEWER,)),
    ("desk_channels.sales", "Sold elsewhere", (Role.WAREHOUSE, Role.MANAGER)),
    ("gift_card_desk.search", "Gift cards", (Role.AGENT,)),
    ("desk_payouts.due", "Payouts", (Role.MANAGER,)),
    ("people_desk.search", "People", (Role.AGENT,)),
    ("desk_find.ask", "Find", (Role.AGENT,)),
    ("desk_replies.all_replies", "Replies", (Role.MANAGER,)),
    ("desk_reports.all_reports", "Reports", (Role.MANAGER,)),
    ("desk_audit.done", "Audit", (Role.MANAGER,)),
)


# What is seldom opened stands under "More" as soon as all of it would not fit one line.
SELDOM = frozenset({"Sold elsewhere", "Gift cards", "Payouts", "People", "Replies", "Reports", "Audit"})
MOST_IN_LINE = 10


@bp.record_once
def _navigation(state: Any) -> None:
    """Give every desk page its links: those this person may open."""
    app: Flask = state.app

    @app.context_processor
    def _views() -> dict[str, Any]:
        person = current_person() if request and request.path.startswith("/desk") else None
        if person is None or not person.is_staff:
            return {}
        labels = {
            "Alarms": _("Alarms"),
            "Review": _("Review"),
            "Disputes": _("Disputes"),
            "Chargebacks": _("Chargebacks"),
            "Orders": _("Orders"),
            "Supply": _("Supply"),
            "Intake": _("Intake"),
            "Quotes": _("Quotes"),
            "Sold elsewhere": _("Sold elsewhere"),
            "Gift cards": _("Gift cards"),
            "Payouts": _("Payouts"),
            "People": _("People"),
            "Find": _("Find"),
            "Replies": _("Saved replies"),
            "Reports": _("Reports"),
            "Audit": _("Audit trail"),
        }
        open_views = [
            (label, {"href": url_for(endpoint), "label": labels[label]})
            for endpoint, label, roles in VIEWS
            if person.has_role(*roles) and endpoint in app.view_functions and _is_on(endpoint)
        ]
        folded = SELDOM if len(open_views) > MOST_IN_LINE else frozenset()
        return {
            "desk_keys": preferences.has_keys(person),
            "desk_views": [view for label, view in open_views if label not in folded],
            "desk_more": [view for label, view in open_views if label in folded],
        }


def _is_on(endpoint: str) -> bool:
    """Whether this part of the desk has anything to do under the policy in force."""
    policy = versions.current().policy
    modes = policy.modes
    needs = {
        "intake.scan": modes.consignment.is_on or modes.buyback.is_on,
        "desk_quotes.quotes": modes.buyback.is_on,
        "desk_channels.sales": policy.channels.is_on,
    }
    return needs.get(endpoint, True)


@bp.post("/desk/keys")
@staff()
def keys() -> ResponseReturnValue:
    """Switch single keys on or off for oneself (WCAG 2.1.4)."""
    preferences.choose_keys(the_person(), on=request.form.get("keys") == "on")
    return redirect(safe_next(request.form.get("next"), url_for("desk.home")), 303)


@bp.get("/desk")
@staff(Role.REVIEWER, Role.AGENT, Role.WAREHOUSE)
def home() -> ResponseReturnValue:
    """Open alarms, oldest first, and how long each queue is."""
    alarms = db.session.scalars(sa.select(Alarm).where(Alarm.cleared_at.is_(None)).order_by(Alarm.raised_at)).all()
    waiting = queues.waiting()
    rows = [
        {
            "alarm": alarm,
            "label": ALARMS[alarm.kind],
            "why": refused_refund(alarm.detail.get("why", "")) if alarm.kind is AlarmKind.REFUND_FAILED else "",
            "can_retry": alarm.kind in RETRIES,
            **_subject(alarm),
        }
        for alarm in alarms
    ]
    return render_template(
        "desk/home.html",
        alarms=rows,
        queues=waiting,
        next_page=queues.next_page(waiting),
        may_clear=page_if_open("desk.clear", alarm_id=0) is not None,
    )


def _subject(alarm: Alarm) -> dict[str, str | None]:
    """The number and page of what an alarm is about, where it has one."""
    if alarm.subject_type == Order.__tablename__:
        number = db.session.scalar(sa.select(Order.number).where(Order.id == alarm.subject_id))
        return {"name": number, "href": page_if_open("desk_orders.order", number=number)}
    if alarm.subject_type == Refund.__tablename__:
        number = db.session.scalar(
            sa.select(Order.number).join(Refund, Refund.order_id == Order.id).where(Refund.id == alarm.subject_id)
        )
        return {"name": number, "href": page_if_open("desk_orders.order", number=number) if number else None}
    if alarm.subject_type == Payout.__tablename__:
        payout = db.session.get_one(Payout, alarm.subject_id)
        to_order = page_if_open("desk_orders.order", number=payout.reference) if payout.order_id is not None else None
        return {"name": payout.reference, "href": to_order}
    if alarm.subject_type == Goodwill.__tablename__:
        of_gift = sa.select(Order.number).join(Goodwill, Goodwill.order_id == Order.id)
        number = db.session.scalar(of_gift.where(Goodwill.id == alarm.subject_id))
        return {"name": number, "href": page_if_open("desk_orders.order", number=number) if number else None}
    if alarm.subject_type == GiftCard.__tablename__:
        return {
            "name": db.session.get_one(GiftCard, alarm.subject_id).number,
            "href": page_if_open("gift_card_desk.search"),
        }
    if alarm.subject_type == Listing.__tablename__:
        number = db.session.scalar(sa.select(Listing.number).where(Listing.id == alarm.subject_id))
        return {"name": number, "href": page_if_open("desk_listings.listing", number=number)}
    if alarm.subject_type == Chargeback.__tablename__:
        number = db.session.get_one(Chargeback, alarm.subject_id).number
        return {"name": number, "href": page_if_open("desk_chargebacks.case", number=number)}
    if alarm.subject_type == Consignment.__tablename__:
        number = db.session.get_one(Consignment, alarm.subject_id).number
        return {"name": number, "href": page_if_open("intake.parcel", number=number)}
    if alarm.subject_type == ConsignedPiece.__tablename__:
        piece = db.session.get_one(ConsignedPiece, alarm.subject_id)
        href = page_if_open("intake.piece", number=piece.consignment.number, position=piece.position)
        return {"name": piece.number, "href": href}
    if alarm.subject_type == Buyback.__tablename__:
        number = db.session.get_one(Buyback, alarm.subject_id).number
        return {"name": number, "href": page_if_open("desk_quotes.quote", number=number)}
    if alarm.subject_type == UnknownMoney.__tablename__:
        return {"name": db.session.get_one(UnknownMoney, alarm.subject_id).ref, "href": None}
    return {"name": f"{alarm.subject_type} {alarm.subject_id}", "href": None}


@bp.post("/desk/alarms/<int:alarm_id>/clear")
@staff(Role.AGENT)
def clear(alarm_id: int) -> ResponseReturnValue:
    """Done with, and why."""
    alarm = db.session.get(Alarm, alarm_id)
    if alarm is None or alarm.cleared_at is not None:
        raise NotFound()
    form = ClearForm()
    if not form.validate_on_submit():
        flash(_("Say in a few words why this is done with."))
        return redirect(url_for("desk.home"), 303)
    clear_alarm(alarm, by=the_person(), at=clock.now(), reason=form.reason.data)
    flash(_("Cleared."))
    return redirect(url_for("desk.home"), 303)


def _retry_job(alarm: Alarm) -> None:
    parked.retry(alarm)


def _issue_again(alarm: Alarm) -> None:
    if alarm.subject_type == Goodwill.__tablename__:
        goodwill.issue_again(db.session.get_one(Goodwill, alarm.subject_id), at=clock.now())
    else:
        issue_again(db.session.get_one(Payout, alarm.subject_id), at=clock.now())


def _refund_again(alarm: Alarm) -> None:
    refunds.send_again(db.session.get_one(Refund, alarm.subject_id), at=clock.now())


def _tell_tax_again(alarm: Alarm) -> None:
    tax_books.tell_again(db.session.get_one(Order, alarm.subject_id), at=clock.now())


# Alarms about work that can be tried again once its cause is mended.
RETRIES = {
    AlarmKind.JOB_PARKED: _retry_job,
    AlarmKind.PAYOUT_REFUSED: _issue_again,
    AlarmKind.REFUND_FAILED: _refund_again,
    AlarmKind.TAX_NOT_RECORDED: _tell_tax_again,
}


@bp.post("/desk/alarms/<int:alarm_id>/retry")
@staff(Role.AGENT)
def retry(alarm_id: int) -> ResponseReturnValue:
    """Try again what failed, and close the alarm; should it fail once more, a new one opens."""
    alarm = db.session.get(Alarm, alarm_id)
    if alarm is None or alarm.cleared_at is not None or alarm.kind not in RETRIES:
        raise NotFound()
    form = ClearForm()
    if not form.validate_on_submit():
        flash(_("Say in a few words what has been mended."))
        return redirect(url_for("desk.home"), 303)
    RETRIES[alarm.kind](alarm)
    clear_alarm(alarm, by=the_person(), at=clock.now(), reason=form.reason.data)
    flash(_("It is tried again now."))
    return redirect(url_for("desk.home"), 303)
