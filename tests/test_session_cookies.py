"""A visitor stays who he is from one web process to another, whose clock is behind or ahead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface

from tests.skew import SKEW, a_machine_whose_clock_is_off

COOKIE = "session"


def cookie(app: Flask) -> str:
    """The cookie of a visitor who has something in his session."""
    with app.test_request_context():
        session["bag"] = ["L1"]
        answer = app.response_class()
        app.session_interface.save_session(app, session, answer)
    return answer.headers["Set-Cookie"].split(";")[0].partition("=")[2]


def remembered(app: Flask, value: str, *, behind: timedelta) -> bool:
    with a_machine_whose_clock_is_off(-behind), app.test_request_context(headers={"Cookie": f"{COOKIE}={value}"}):
        return session.get("bag") == ["L1"]


@pytest.mark.fault("W08")
def test_a_machine_that_is_behind_reads_the_cookie_of_one_that_is_ahead(app: Flask) -> None:
    value = cookie(app)
    assert remembered(app, value, behind=SKEW)
    assert remembered(app, value, behind=-SKEW)
    assert not remembered(app, value, behind=-timedelta(days=31)), "old is too old all the same"
    assert not remembered(app, value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:], behind=SKEW)


def test_control_by_the_rule_of_the_library_it_would_not(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "session_interface", SecureCookieSessionInterface())
    assert not remembered(app, cookie(app), behind=SKEW)
