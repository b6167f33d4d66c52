"""The sandbox's clock: move business time forwards and see what becomes due."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import SelectField
from wtforms.fields import SelectChoice

from marketplace import clock, database
from marketplace.form_fields import Form
from marketplace.jobs import runner, waking
from marketplace.permissions import public
from marketplace.redirects import safe_next

bp = Blueprint("sandbox_clock", __name__)

STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1), "3d": timedelta(days=3), "10d": timedelta(days=10)}


class AdvanceForm(Form):
    """How far."""

    advance = SelectField("advance", choices=[SelectChoice(step, step) for step in STEPS])


@bp.get("/sandbox/clock")
@public
def show() -> ResponseReturnValue:
    """What time it is here."""
    return render_template("sandbox/clock.html", now=clock.now(), form=AdvanceForm())


@bp.post("/sandbox/clock")
@public
def advance() -> ResponseReturnValue:
    """Move on, then do everything that has become due; where there are workers, they do it."""
    form = AdvanceForm()
    if not form.validate_on_submit():
        return render_template("sandbox/clock.html", now=clock.now(), form=form), 422
    moment = clock.advance(STEPS[form.advance.data])
    database.finish()
    if current_app.config["SETTINGS"].jobs == "celery":
        waking.wake()
    else:
        runner.run_until_idle()
    flash(_("The clock now says %(moment)s.", moment=f"{moment:%Y-%m-%d %H:%M} UTC"))
    return redirect(safe_next(request.form.get("next"), "/sandbox/clock"), 303)
