"""The site map as one line a route: who may open it, how, where. ``routes.txt`` beside this file is the committed copy.

python -m tests.architecture.route_list   writes it anew
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from flask import Flask

from marketplace.permissions import Permission, permission_of

COMMITTED = Path(__file__).with_name("routes.txt")
SAID = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def who(permission: Permission | None) -> str:
    """A permission in a word or two: ``public``, ``scoped order``, ``staff reviewer``."""
    if permission is None:
        return "undeclared"
    return (
        " ".join([permission.gate.value, permission.subject, *sorted(role.value for role in permission.roles)])
        .replace("  ", " ")
        .strip()
    )


def route_lines(shop: Flask) -> list[str]:
    """One line a rule and method, in the order of the paths."""
    lines = []
    for rule in shop.url_map.iter_rules():
        for method in sorted((rule.methods or set()) & SAID):
            lines.append(f"{method:<6} {rule.rule:<58} {who(permission_of(shop, rule.endpoint))}")
    return sorted(lines, key=lambda line: (line.split()[1], line.split()[0]))


if __name__ == "__main__":
    from tests.shop import make_shop

    with tempfile.TemporaryDirectory() as folder:
        lines = route_lines(make_shop(f"sqlite:///{folder}/empty.db", photos=Path(folder)))
    COMMITTED.write_text("\n".join(lines) + "\n")
