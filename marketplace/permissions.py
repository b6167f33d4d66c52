"""Who may open which page. Every view declares it; a view that does not is refused (``init_app``).

    @bp.get("/sell/purchases")
    @member
    def purchases() -> ResponseReturnValue: ...

A declaration opens the page, not the objects on it: those a view loads through the person, and what is not theirs is
not there (404).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import flask_login
from flask import Flask, current_app, redirect, request, session, url_for
from werkzeug.wrappers import Response

from marketplace.database import db
from marketplace.errors import NotFound, ProgrammingError
from marketplace.people.models import Person, Role, SignIn
from marketplace.people.signing_in import Visitor

View = TypeVar("View", bound=Callable[..., Any])

GUEST = "guest"


class Gate(enum.StrEnum):
    """Who is let through."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    MEMBER = "member"  # of the loyalty programme, with a verified e-mail (MK-02, MK-21)
    STAFF = "staff"  # with a second factor in this sign-in (fault P10)
    SCOPED = "scoped"  # its owner, or whoever holds the link to it: the view's loader decides
    MACHINE = "machine"  # proves itself by signature or token, never by cookie


@dataclass(frozen=True)
class Permission:
    """What one view declares: ``roles`` of staff, any of which will do, or the ``subject`` a scoped page is about."""

    gate: Gate
    roles: tuple[Role, ...] = ()
    subject: str = ""


# Declarations --------------------------------------------------------------------------------------------------------


def _declare(permission: Permission) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Anyone."""
    return _declare(Permission(Gate.PUBLIC))(view)


def signed_in(view: View) -> View:
    """Anyone with an account; others are asked to sign in and come back."""
    return _declare(Permission(Gate.SIGNED_IN))(view)


def member(view: View) -> View:
    """Loyalty members; others are told how to become one (MK-02, MK-03)."""
    return _declare(Permission(Gate.MEMBER))(view)


def staff(*roles: Role) -> Callable[[View], View]:
    """Staff with any of ``roles`` (none named: any staff), after their second factor.

    To everybody else who is signed in the page is not there.
    """
    return _declare(Permission(Gate.STAFF, roles=roles))


def scoped(subject: str) -> Callable[[View], View]:
    """Whoever may see this one ``subject``: its loader raises ``NotFound`` for everybody else."""
    return _declare(Permission(Gate.SCOPED, subject=subject))


def machine(view: View) -> View:
    """Webhooks, APIs, probes: the view checks a signature or token of its own."""
    return _declare(Permission(Gate.MACHINE))(view)


def permission_of(app: Flask, endpoint: str) -> Permission | None:
    """What the view behind ``endpoint`` declares."""
    return getattr(app.view_functions[endpoint], "permission", None)


# The person ----------------------------------------------------------------------------------------------------------


def current_visitor() -> Visitor | None:
    """The signed-in browser this request comes from."""
    visitor = flask_login.current_user
    return visitor._get_current_object() if visitor and visitor.is_authenticated else None


def current_person() -> Person | None:
    """The person signed in."""
    visitor = current_visitor()
    return visitor.person if visitor else None


def the_person() -> Person:
    """The person signed in, on a page that asks for one."""
    person = current_person()
    if person is None:
        raise ProgrammingError("this view is open to people who are not signed in")
    return person


def guest_or_person() -> Person | None:
    """The person signed in, else the guest this browser checked out as."""
    if person := current_person():
        return person
    guest_id = session.get(GUEST)
    return db.session.get(Person, guest_id) if guest_id else None


def remember_guest(guest: Person) -> None:
    """Let this browser come back to what ``guest`` does here; signing in or out forgets it."""
    session[GUEST] = guest.id


# Enforcement ---------------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Check every request against what its view declares; static files are public."""
    public(app.view_functions["static"])
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    permission = permission_of(current_app, request.endpoint)
    if permission is None:
        raise ProgrammingError(f"the view {request.endpoint!r} declares no permission")
    return _CHECKS[permission.gate](permission)


def _open(_permission: Permission) -> Response | None:
    return None


def _signed_in(_permission: Permission) -> Response | None:
    return None if current_visitor() else ask_to_sign_in()


def _member(_permission: Permission) -> Response | None:
    person = current_person()
    if person is None:
        return ask_to_sign_in()
    return None if person.is_member else _to("joining.membership_gate")


def _staff(permission: Permission) -> Response | None:
    visitor = current_visitor()
    if visitor is None:
        return ask_to_sign_in()
    if not may_open(visitor.person, permission):
        raise NotFound
    return None if has_second_factor(visitor.sign_in) else _to("second_factor.ask")


_CHECKS: dict[Gate, Callable[[Permission], Response | None]] = {
    Gate.PUBLIC: _open,
    Gate.SIGNED_IN: _signed_in,
    Gate.MEMBER: _member,
    Gate.STAFF: _staff,
    Gate.SCOPED: _open,
    Gate.MACHINE: _open,
}


def may_open(person: Person, permission: Permission) -> bool:
    """Whether this member of staff holds a role the page asks for; a button asks it, and the page does."""
    return person.has_role(*permission.roles) if permission.roles else person.is_staff


def page_if_open(endpoint: str, **values: Any) -> str | None:
    """The address of a staff page, where the member of staff who reads this one may open it."""
    permission = permission_of(current_app, endpoint)
    return url_for(endpoint, **values) if permission and may_open(the_person(), permission) else None


def has_second_factor(sign_in: SignIn) -> bool:
    """Whether a code was entered in this very sign-in."""
    return sign_in.second_factor_at is not None and sign_in.person.totp_confirmed_at is not None


def ask_to_sign_in() -> Response:
    """Send whoever is not signed in to do so and come back here."""
    return _to("signing_in.sign_in")


def _to(endpoint: str) -> Response:
    """Send the person to a page that brings them back here, where there is a page to come back to."""
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(endpoint, next=back), 303)
