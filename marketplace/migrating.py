"""Bringing a database to the revision of this code: ``flask db …``, and ``upgrade`` for whoever makes a database.

Alembic and what comes with it weigh more than our own models, and serving pages takes none of it: the commands alone
load this module, and ``revisions`` answers for a process that serves.
"""

from __future__ import annotations

from typing import Any

import click
import flask_migrate
from flask import current_app
from flask.cli import with_appcontext
from flask_migrate.cli import db as db_commands

from marketplace.database import db
from marketplace.revisions import MIGRATIONS

_migrate = flask_migrate.Migrate(directory=str(MIGRATIONS), render_as_batch=True)


def _meet_the_application() -> None:
    if "migrate" not in current_app.extensions:
        _migrate.init_app(current_app, db)


@with_appcontext
def _begin(**options: Any) -> None:
    _meet_the_application()
    db_commands.callback(**options)


db_cli = click.Group("db", db_commands.commands, params=db_commands.params, callback=_begin, help=db_commands.help)


def upgrade(revision: str = "head") -> None:
    """Bring the application's database to ``revision``, within its context."""
    _meet_the_application()
    flask_migrate.upgrade(revision=revision)
