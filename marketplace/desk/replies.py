"""The desk's saved replies: managers keep them, agents use them in their letters."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from marketplace import clock
from marketplace.disputes import replies
from marketplace.disputes.replies import PLACEHOLDERS, SavedReply, UnknownPlaceholder
from marketplace.form_fields import Form
from marketplace.people.models import Role
from marketplace.permissions import staff, the_person
from marketplace.text import PlainText

bp = Blueprint("desk_replies", __name__)


class ReplyForm(Form):
    """A text and what it is called."""

    title = StringField(_l("Title"), [PlainText(80)])
    words = TextAreaField(_l("Text"), [PlainText(1500, lines=True)])


@bp.route("/desk/replies", methods=["GET", "POST"])
@staff(Role.MANAGER)
def all_replies() -> ResponseReturnValue:
    """Every reply in use, and a form for another."""
    form = ReplyForm()
    if form.validate_on_submit() and _keep(form):
        return redirect(url_for("desk_replies.all_replies"), 303)
    shown = {"replies": replies.standing(), "form": form, "placeholders": PLACEHOLDERS}
    return render_template("desk/replies.html", **shown), 422 if form.errors else 200


@bp.route("/desk/replies/<int:reply_id>", methods=["GET", "POST"])
@staff(Role.MANAGER)
def change(reply_id: int) -> ResponseReturnValue:
    """Change one."""
    reply = replies.the_reply(reply_id)
    form = ReplyForm(obj=reply)
    if form.validate_on_submit() and _keep(form, reply):
        return redirect(url_for("desk_replies.all_replies"), 303)
    shown = {"reply": reply, "form": form, "placeholders": PLACEHOLDERS}
    return render_template("desk/reply.html", **shown), 422 if form.errors else 200


def _keep(form: ReplyForm, reply: SavedReply | None = None) -> bool:
    """Keep the text; False, with the error on the form, where a placeholder is unknown."""
    try:
        replies.keep(form.title.data, form.words.data, by=the_person(), at=clock.now(), reply=reply)
    except UnknownPlaceholder as refusal:
        form.words.errors = [str(refusal)]
        return False
    flash(_("Kept."))
    return True


@bp.post("/desk/replies/<int:reply_id>/retire")
@staff(Role.MANAGER)
def retire(reply_id: int) -> ResponseReturnValue:
    """Take one out of use."""
    replies.retire(replies.the_reply(reply_id), by=the_person(), at=clock.now())
    flash(_("Out of use."))
    return redirect(url_for("desk_replies.all_replies"), 303)
