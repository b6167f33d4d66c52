"""Until ``create_app`` and the migrations stand: the database and the models on a bare Flask. To be removed then."""

from __future__ import annotations

import importlib
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_babel import Babel

from marketplace import database
from marketplace.database import db
from marketplace.ledger import triggers
from marketplace.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def bare_app(settings: Settings) -> Flask:
    app = Flask("reprise", root_path=str(ROOT / "marketplace"))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SANDBOX=True,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        WTF_CSRF_ENABLED=True,
    )
    db.init_app(app)
    Babel(app)
    with app.app_context():
        for engine in db.engines.values():
            database.listen_to_engine(engine)
    return app


def create_tables() -> None:
    for path in sorted((ROOT / "marketplace").rglob("models.py")):
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name in ("marketplace.jobs.runner", "marketplace.clock", "marketplace.events"):
        importlib.import_module(name)
    for table in list(db.metadata.tables.values()):
        for key in table.foreign_keys:
            name = key.target_fullname.rsplit(".", 1)[0]
            if name not in db.metadata.tables:  # a concept somebody is still writing
                sa.Table(name, db.metadata, sa.Column("id", sa.Integer, primary_key=True))
    with db.engine.begin() as connection:
        db.metadata.create_all(connection)
        triggers.create(connection)
