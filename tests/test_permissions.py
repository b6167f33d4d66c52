"""Every view says who may open it; one that does not is refused."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue

from marketplace import permissions
from marketplace.errors import NotFound, ProgrammingError, Refusal
from marketplace.people.models import Role
from marketplace.permissions import Gate, member, permission_of, public, scoped, signed_in, staff


@pytest.fixture
def small() -> Flask:
    """An application of a few views, guarded as the shop is."""
    app = Flask("small")
    app.testing = True
    permissions.init_app(app)
    return app


def view() -> ResponseReturnValue:
    return "open"


def test_a_view_without_a_declaration_is_refused(small: Flask) -> None:
    small.add_url_rule("/forgotten", "forgotten", view)

    with pytest.raises(ProgrammingError, match="forgotten"):
        small.test_client().get("/forgotten")


def test_a_declared_view_opens_and_an_unknown_address_is_not_found(small: Flask) -> None:
    small.add_url_rule("/", "open", public(lambda: "open"))

    assert small.test_client().get("/").text == "open"
    assert small.test_client().get("/nothing").status_code == 404


def test_a_declaration_is_written_on_the_view(small: Flask) -> None:
    small.add_url_rule("/desk", "desk", staff(Role.REVIEWER, Role.AGENT)(lambda: "x"))
    small.add_url_rule("/order", "order", scoped("order")(lambda: "x"))
    small.add_url_rule("/sell", "sell", member(lambda: "x"))
    small.add_url_rule("/account", "account", signed_in(lambda: "x"))

    desk, order = permission_of(small, "desk"), permission_of(small, "order")
    assert desk is not None
    assert order is not None
    assert (desk.gate, desk.roles) == (Gate.STAFF, (Role.REVIEWER, Role.AGENT))
    assert (order.gate, order.subject) == (Gate.SCOPED, "order")
    assert [permission_of(small, name).gate for name in ("sell", "account")] == [Gate.MEMBER, Gate.SIGNED_IN]  # type: ignore[union-attr]


def test_the_page_asks_for_a_person_it_was_promised(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(ProgrammingError):
        permissions.the_person()
    assert issubclass(NotFound, Refusal)
