"""One row for each key of the policy: the behaviour it steers, and the page that states it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.programme import Policy, PublishedPolicy, versions
from tests.web import Browser


@dataclass
class Scene:
    """A shop that runs under one policy, and somebody who looks at it."""

    app: Flask
    client: Browser

    def publish(self, policy: Policy) -> PublishedPolicy:
        with unit_of_work():
            return versions.publish(policy, at=clock.now())

    def text(self, address: str) -> str:
        """A page as it is sent, entities resolved, spaces run together: words and attributes alike."""
        answer = self.client.get(address, follow_redirects=True)
        assert answer.status_code == 200, f"{address}: {answer.status}"
        return re.sub(r"\s+", " ", html.unescape(answer.get_data(as_text=True)))


Behaviour = Callable[[Scene], None]


@dataclass(frozen=True)
class Row:
    """``key`` set to ``to`` (and ``also`` what has to change with it).

    ``behaviour`` asserts what the shop then does: it has to pass with the key changed and to fail without.
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

    @property
    def changes(self) -> dict[str, Any]:
        return {**self.also, self.key: self.to}


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
