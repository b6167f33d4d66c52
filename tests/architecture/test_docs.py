"""The documents that list things list all of them: variables, figures, alarms, commands."""

from __future__ import annotations

import ast
import re

from flask import Flask

from marketplace.jobs.alarms import AlarmKind
from tests.architecture.source import PRODUCT, ROOT, modules, tree

OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def rows_under(heading: str) -> list[str]:
    """The first cells of the table under a heading, without their ticks."""
    section = OPERATIONS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return [
        name
        for cell in re.findall(r"^\| (`[^|]+`) \|", section, re.MULTILINE)
        for name in re.findall(r"`([^`]+)`", cell)
    ]


def test_every_variable_stands_in_the_table() -> None:
    read = {
        node.args[0].value
        for node in ast.walk(tree(PRODUCT / "settings.py"))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and ast.unparse(node.func) == "env.get"
        and isinstance(node.args[0], ast.Constant)
    }
    assert sorted(rows_under("Variables")) == sorted(read)
    for path in modules():
        if path.name != "settings.py":
            assert "os.environ" not in path.read_text(), path


def test_every_figure_stands_in_the_table() -> None:
    figures = next(node for node in tree(PRODUCT / "doctor.py").body if getattr(node, "name", "") == "figures")
    told = next(node for node in ast.walk(figures) if isinstance(node, ast.Dict))
    plain = [key.value for key in told.keys if isinstance(key, ast.Constant)]
    assert rows_under("Figures") == [*plain, 'escrow_held_minor{currency="…"}']


def test_every_alarm_stands_in_the_table_and_is_raised_somewhere() -> None:
    assert sorted(rows_under("Alarms")) == sorted(AlarmKind)
    source = "".join(path.read_text() for path in modules() if path.name not in {"alarms.py", "labels.py"})
    assert [kind.name for kind in AlarmKind if f"AlarmKind.{kind.name}" not in source] == []


def test_every_command_stands_in_the_table(shop: Flask) -> None:
    told = {command.split(" ")[0] for command in rows_under("Commands")}
    own = {
        name for name, command in shop.cli.commands.items() if (command.callback or command).__module__ != "flask.cli"
    }
    assert {name for name in own if name not in {"run", "shell", "routes"}} <= told | {"db"}


def test_every_link_of_the_documents_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            assert target.startswith("https://") or (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text())
    assert listed == sorted(path.name for path in folder.glob("0*.md"))
