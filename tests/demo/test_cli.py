"""``flask demo`` of several programmes, one after another, in one folder."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from marketplace import clock, settings
from marketplace.database import db, unit_of_work
from marketplace.demo import cli
from marketplace.migrating import upgrade
from marketplace.programme import versions

URL = "http://127.0.0.1:8000"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance folder in which the demo of maison has been begun, as the first one."""
    first = f"sqlite:///{tmp_path / 'reprise.db'}"
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("JOBS", "none")
    monkeypatch.setattr(settings, "INSTANCE", tmp_path)
    for module in (settings, cli):
        monkeypatch.setattr(module, "DATABASE", first)
    _begin("maison")
    return tmp_path


def _begin(programme: str) -> str:
    """The file of that programme's demo, migrated and its policy published; no world."""
    app = cli._shop(URL, programme)
    with app.app_context():
        upgrade()
        with unit_of_work():
            versions.adopt(programme, at=clock.now())
        found = db.engine.url.database or ""
        db.session.remove()
        db.engine.dispose()
    return found


def test_a_second_programme_gets_a_world_of_its_own(folder: Path) -> None:
    """The pieces and prices of one house are never read by the policy of another."""
    assert _begin("boutique") == str(folder / "boutique.db")
    assert _begin("maison") == str(folder / "reprise.db")
    assert _begin("boutique") == str(folder / "boutique.db")


def test_commands_find_each_programmes_database(folder: Path) -> None:
    _begin("boutique")
    found = {
        name: settings.Settings.from_environment({"PROGRAMME": name}).database_url
        for name in ("maison", "boutique", "preloved")
    }
    assert found["boutique"].endswith("/boutique.db")
    assert found["maison"].endswith("/reprise.db")
    assert found["preloved"].endswith("/reprise.db")


def test_a_named_database_of_another_programme_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'reprise.db'}?timeout=5")
    with pytest.raises(click.ClickException, match="vauquelle-archive"):
        cli._shop(URL, "boutique")
