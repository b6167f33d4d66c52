"""The product's own files, as the guards read them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "marketplace"
TEMPLATES = ROOT / "templates"
TEXT = {
    ".py",
    ".html",
    ".jinja",
    ".txt",
    ".md",
    ".toml",
    ".css",
    ".js",
    ".yml",
    ".yaml",
    ".ini",
    ".cfg",
    ".mako",
    ".sh",
    "",
}


@cache
def tree(path: Path) -> ast.Module:
    """A module's syntax tree."""
    return ast.parse(path.read_text(), str(path))


def modules() -> list[Path]:
    """Every module of the product."""
    return sorted(PRODUCT.rglob("*.py"))


def name_of(path: Path) -> str:
    """The path as a person would write it."""
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Every call in a module: its line and its dotted name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, dotted(node.func)


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of an attribute chain; what is not a name is left out."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Every name a module imports, in full: its line and ``module.name``."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def has_pages(path: Path) -> bool:
    """Whether a module holds views: it makes a blueprint."""
    return any(name.split(".")[-1] == "Blueprint" for _line, name in calls(path))


@cache
def tracked() -> list[Path]:
    """Every text file that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file() and path.suffix in TEXT and path.stat().st_size < 500_000]
