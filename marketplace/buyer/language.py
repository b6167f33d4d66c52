"""Choosing the language one reads in: kept in this browser and, where somebody is signed in, for their letters."""

from __future__ import annotations

import flask_login
from flask import Blueprint, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from marketplace.errors import Refusal
from marketplace.people import accounts
from marketplace.permissions import public
from marketplace.programme import language, versions
from marketplace.redirects import safe_next

bp = Blueprint("language", __name__)


class NotSpoken(Refusal):
    message = _l("The shop does not speak that language.")
    status = 422


@bp.get("/language")
@public
def show() -> ResponseReturnValue:
    """The languages the shop speaks, each called as its own readers call it."""
    choices = language.choices(versions.current().written)
    return render_template("buyer/language.html", choices=choices, next=safe_next(request.args.get("next"), "/"))


@bp.post("/language")
@public
def choose() -> ResponseReturnValue:
    """Read on in another language, on the page one came from. Raises ``NotSpoken``."""
    code = request.form.get("language", "")
    if code not in language.offered(versions.current().written):
        raise NotSpoken()
    session[language.CHOSEN] = code
    if flask_login.current_user.is_authenticated:
        accounts.speak(flask_login.current_user.person, code)
    return redirect(safe_next(request.form.get("next"), "/"), 303)
