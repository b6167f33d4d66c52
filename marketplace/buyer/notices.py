"""Which letters a person gets: switches in the account, and the link in a letter that stops its kind."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from marketplace import clock
from marketplace.database import db
from marketplace.errors import NotFound
from marketplace.interests import searches
from marketplace.interests.models import SavedSearch
from marketplace.people import notices
from marketplace.people.notices import Notice
from marketplace.permissions import scoped, signed_in, the_person

bp = Blueprint("notices", __name__)
stopping = Blueprint("stopping", __name__)  # whoever holds the letter may stop it: no cookie, no form token (RFC 8058)


@bp.get("/account/notices")
@signed_in
def choose() -> ResponseReturnValue:
    """Each kind with its switch."""
    wanted = notices.wanted_by(the_person())
    kinds = [(notice.value, notices.LABELS[notice], notice in wanted) for notice in Notice]
    return render_template("buyer/notices.html", kinds=kinds)


@bp.post("/account/notices")
@signed_in
def chosen() -> ResponseReturnValue:
    """Keep the switches as they were sent."""
    on = set(request.form.getlist("notice"))
    for notice in Notice:
        notices.switch(the_person().id, notice, on=notice.value in on)
    flash(_("Kept. Letters about your orders, sales and account come whatever you choose."), "ok")
    return redirect(url_for("notices.choose"), 303)


@stopping.get("/letters/stop/<token>")
@scoped("letter")
def ask(token: str) -> ResponseReturnValue:
    """What would be stopped, and the button: opening a link changes nothing."""
    _person_id, what = notices.read_stop(token)
    return render_template("buyer/stop_letters.html", what=_in_words(what), done=False)


@stopping.post("/letters/stop/<token>")
@scoped("letter")
def stop(token: str) -> ResponseReturnValue:
    """Stop it, by the button or by the reader's mail program; twice is harmless."""
    person_id, what = notices.read_stop(token)
    words = _in_words(what)
    if what in set(Notice):
        notices.switch(person_id, Notice(what), on=False)
    elif (search := _search(what)) is not None and search.person_id == person_id:
        searches.stop(search, at=clock.now())
    return render_template("buyer/stop_letters.html", what=words, done=True)


def _search(what: str) -> SavedSearch | None:
    kind, _colon, number = what.partition(":")
    if kind != "search" or not number.isdecimal():
        raise NotFound()
    return db.session.get(SavedSearch, int(number))


def _in_words(what: str) -> str:
    if what in set(Notice):
        return str(notices.LABELS[Notice(what)])
    search = _search(what)
    return search.label if search is not None else str(_("A search you saved"))
