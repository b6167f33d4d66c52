"""Letters about an account: links, and news its owner must hear."""

from __future__ import annotations

from marketplace.database import db
from marketplace.mail.addresses import url
from marketplace.mail.outgoing import send
from marketplace.people.facts import AccountExists, LinkWanted, PasswordChanged
from marketplace.people.mailed_links import path_of
from marketplace.people.models import Person


def link(fact: LinkWanted) -> None:
    """The link a person asked for; its token is sealed in the row until the letter leaves."""
    person = db.session.get_one(Person, fact.person_id)
    send(
        f"{fact.purpose.value}_link",
        key=str(fact.link_id),
        to=fact.email,
        about=person,
        at=fact.at,
        facts={"name": person.name},
        secrets={"link_url": url(path_of(fact.purpose, fact.token))},
        language=person.language,
    )


def account_exists(fact: AccountExists) -> None:
    """Someone tried to join with this address: its owner is told that the account is there."""
    person = db.session.get_one(Person, fact.person_id)
    facts = {"name": person.name, "sign_in_url": url("/sign-in")}
    key = f"{person.id}:{fact.at.isoformat()}"
    send("account_exists", key=key, to=person.email, about=person, at=fact.at, facts=facts, language=person.language)


def password_changed(fact: PasswordChanged) -> None:
    """A warning in case it was not the owner."""
    person = db.session.get_one(Person, fact.person_id)
    facts = {"name": person.name, "reset_url": url("/reset")}
    key = f"{person.id}:{fact.at.isoformat()}"
    send("password_changed", key=key, to=person.email, about=person, at=fact.at, facts=facts, language=person.language)
