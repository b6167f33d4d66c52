"""Until every page stands: the database, the models and the reactions on a bare Flask. To be removed then."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_babel import Babel
from flask_migrate import Migrate

from marketplace import database
from marketplace.database import db
from marketplace.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def bare_app(settings: Settings) -> Flask:
    app = Flask("reprise", root_path=str(ROOT / "marketplace"), template_folder=str(ROOT / "templates"))
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SANDBOX=True,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
    )
    db.init_app(app)
    Babel(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        for engine in db.engines.values():
            database.listen_to_engine(engine)
    try:
        from marketplace import presentation, wiring

        presentation.register(app)
        wiring.wire(app, settings)
    except ImportError:
        pass
    return app
