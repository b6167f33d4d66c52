"""How the shop's addresses are kept: found by the routes of every request, built from few of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LazyRule(Rule):
    """A route that compiles how its address is built with the first address, not when the application is made.

    Werkzeug writes two functions a route; for our three hundred that is four fifths of the time it takes to put the
    application together, and a process needs few of them before its first answer.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            made = compiled(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", made)  # from now on without us
            return made(**values)  # type: ignore[no-any-return]

        return build
