"""A shop without a database behind it: enough to look at its routes."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.shop import make_shop


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with every page registered, the sandbox's too."""
    folder: Path = tmp_path_factory.mktemp("shop")
    return make_shop(f"sqlite:///{folder / 'empty.db'}", photos=folder)
