"""How a browser carries a sign-in: the token in Flask's signed cookie, looked up once a request by flask-login."""

from __future__ import annotations

from datetime import datetime

import flask_login
from flask import Flask, session

from marketplace.people import sign_ins
from marketplace.people.models import Person, SignIn

# What a visitor keeps when signing in; all else in the cookie belongs to who was there before.
KEPT = ("bag", "checkouts", "language", "_flashes")


class Visitor(flask_login.UserMixin):  # type: ignore[misc]
    """A signed-in browser: templates see it as ``current_user``."""

    def __init__(self, sign_in: SignIn, token: str) -> None:
        self.sign_in = sign_in
        self._token = token

    @property
    def person(self) -> Person:
        return self.sign_in.person

    def get_id(self) -> str:
        return self._token


def init_app(app: Flask) -> None:
    """Set flask-login up. A row ends a sign-in, not a change of network: phones change theirs all day."""
    manager = flask_login.LoginManager()
    manager.session_protection = None
    manager.init_app(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def _visitor(token: str) -> Visitor | None:
        sign_in = sign_ins.of_token(token)
        return None if sign_in is None else Visitor(sign_in, token)


def sign_in_here(person: Person, *, at: datetime) -> Visitor:
    """Sign ``person`` in on the browser that sent this request, in a session of its own (fault P09)."""
    kept = {name: session[name] for name in KEPT if name in session}
    session.clear()
    session.update(kept)
    session.permanent = True
    visitor = Visitor(*sign_ins.begin(person, at=at))
    flask_login.login_user(visitor)
    return visitor


def sign_out_here(visitor: Visitor, *, at: datetime) -> None:
    """Sign out on this browser and leave nothing of the person in it."""
    sign_ins.end(visitor.sign_in, at=at)
    flask_login.logout_user()
    session.clear()
