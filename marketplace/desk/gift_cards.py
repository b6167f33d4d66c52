"""The desk's gift cards: find a member's by e-mail, close a lost one and send another (MK-66). Agents alone.

A member's cards are reached by looking the member up, and who looked is written down.
"""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from marketplace import clock, events
from marketplace.credits import cards, voiding
from marketplace.credits.models import GiftCard
from marketplace.credits.statements import statements
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.form_fields import Form
from marketplace.payouts.lost_cards import replace_card
from marketplace.people import readings
from marketplace.people.models import Person, Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("gift_card_desk", __name__)

LOOKED_UP = "gift_cards_of"  # session: the member whose cards this browser may open


def open_cards(holder: Person) -> str:
    """Let this browser open a holder's gift cards, and write down who does; the page's address."""
    events.record(holder, "gift_cards_looked_up", by=the_person(), at=clock.now())
    readings.note(holder, by=the_person(), at=clock.now())
    session[LOOKED_UP] = holder.id
    return url_for("gift_card_desk.holder", person_id=holder.id)


class FindForm(Form):
    """Whose card it is."""

    email = StringField(_l("Loyalty e-mail"), [PlainText(254)], description=_l("The address the gift card went to."))


class ReplaceForm(Form):
    """Why a card is closed and another sent."""

    reason = TextAreaField(
        _l("Reason"),
        [PlainText(500, lines=True)],
        description=_l("How you know that this is the holder. It stays on record."),
    )


@bp.get("/desk/gift-cards")
@staff(Role.AGENT)
def search() -> ResponseReturnValue:
    """Ask whose card it is."""
    return render_template("desk/gift_cards.html", form=FindForm())


@bp.post("/desk/gift-cards")
@staff(Role.AGENT)
def find() -> ResponseReturnValue:
    """Look a holder up by e-mail, and write down who looked."""
    form = FindForm()
    if form.validate_on_submit():
        holder = cards.holder_by_email(form.email.data)
        if holder is not None:
            return redirect(open_cards(holder), 303)
        form.email.errors = [_("No gift card went to this address.")]
    return render_template("desk/gift_cards.html", form=form), 422


@bp.get("/desk/gift-cards/holders/<int:person_id>")
@staff(Role.AGENT)
def holder(person_id: int) -> ResponseReturnValue:
    """The cards of the member looked up last."""
    person = db.session.get(Person, person_id)
    if person is None or session.get(LOOKED_UP) != person_id:
        raise NotFound()
    agent = the_person()
    rows = [(one, voiding.can_replace(one.card, one.left, by=agent)) for one in statements(person)]
    return render_template("desk/gift_cards_of.html", holder=person, rows=rows)


def _card(number: str) -> GiftCard:
    card = cards.card_numbered(number)
    if card is None or card.holder_id is None or session.get(LOOKED_UP) != card.holder_id:
        raise NotFound()
    return card


@bp.route("/desk/gift-cards/<number>/replace", methods=["GET", "POST"])
@staff(Role.AGENT)
def replace(number: str) -> ResponseReturnValue:
    """Close a lost card and send its holder a new one with what was left."""
    card, form = _card(number), ReplaceForm()
    if form.validate_on_submit():
        successor = replace_card(card, by=the_person(), at=clock.now(), reason=form.reason.data)
        flash(_("Closed. A new card ending %(last_four)s is on its way.", last_four=successor.last_four), "ok")
        return redirect(url_for("gift_card_desk.holder", person_id=card.holder_id), 303)
    page = render_template("desk/replace_card.html", card=card, left=cards.balance_of(card), form=form)
    return page, 422 if form.errors else 200
