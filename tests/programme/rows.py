"""One row for each key of the policy: the behaviour it steers, and the page that states it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.errors import Refusal
from marketplace.people.models import Person
from marketplace.programme import Policy, PublishedPolicy, versions
from tests.programme.policies import changed
from tests.web import Browser

_read: dict[tuple[object, ...], str] = {}  # what an empty shop says: by engine, policy, time passed and address


@dataclass
class Scene:
    """A shop that runs under one policy, and somebody who looks at it."""

    app: Flask
    client: Browser

    def publish(self, policy: Policy) -> PublishedPolicy:
        """Put a policy in force; the one that is in force already stays, and kept worlds with it."""
        known = versions.current()
        if known.written == policy:
            return known
        with unit_of_work():
            return versions.publish(policy, at=clock.now())

    def text(self, address: str) -> str:
        """A page as it is sent and then as it is read, entities resolved and spaces run together.

        Where nobody is in the shop yet the policy alone speaks: such a page is read once under each policy.
        """
        with unit_of_work(reading=True) as session:
            is_empty = session.scalar(sa.select(Person.id).limit(1)) is None
            engine, passed = session.get_bind().dialect.name, clock.now() - clock.shared()
            known = (engine, versions.current().content_hash, passed, address)
        if is_empty and known in _read:
            return _read[known]
        text = self._text(address)
        if is_empty:
            _read[known] = text
        return text

    def _text(self, address: str) -> str:
        answer = self.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status}"
        sent = answer.get_data(as_text=True)
        return " ".join(" ".join(html.unescape(text).split()) for text in (sent, re.sub(r"<[^>]*>", " ", sent)))


@contextmanager
def refusing(*kinds: type[Refusal]) -> Iterator[None]:
    """The block has to be refused, for one of these reasons and no other."""
    try:
        yield
    except kinds:
        return
    raise AssertionError(f"not refused as {kinds}")


Behaviour = Callable[[Scene], None]


@dataclass(frozen=True)
class Row:
    """``key`` set to ``to`` (and ``also`` what has to change with it).

    ``behaviour`` asserts what the shop then does: it has to pass with the key changed and to fail without. What is
    ``given`` is changed in both.
    ``page`` states ``says``: there with the key changed, not there without. Where no page states the key, ``untold``
    says why.
    """

    key: str
    to: Any
    behaviour: Behaviour
    page: str | None = None
    says: str = ""
    untold: str = ""
    also: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def before(self) -> Policy:
        return changed(self.given)

    @property
    def after(self) -> Policy:
        return changed({**self.given, **self.also, self.key: self.to})


@dataclass(frozen=True)
class Shows:
    """The behaviour of words: this page shows them."""

    page: str
    says: str

    def __call__(self, scene: Scene) -> None:
        assert self.says in scene.text(self.page)


def words(key: str, to: Any, *pages: str, says: str = "", also: Mapping[str, Any] | None = None) -> Row:
    """A key that is said to people and steers nothing else: every page named has to say it."""

    def shown(scene: Scene) -> None:
        for page in pages:
            Shows(page, said)(scene)

    said = says or str(to)
    return Row(key, to, shown, page=pages[0], says=said, also=also or {})
