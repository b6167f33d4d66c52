"""The commands that make and show the demo world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import with_appcontext

import marketplace
from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.demo import load, serving, world
from marketplace.migrating import upgrade
from marketplace.people import demo_sign_ins
from marketplace.programme import reading, versions
from marketplace.programme.models import ProgrammeVersion
from marketplace.programme.reading import PolicyError
from marketplace.settings import DATABASE, Settings, UnsafeSettings, own_database

INTERRUPTED = "The last seeding was interrupted."


@click.command()
@click.option("--listings", type=click.IntRange(0), default=0, help="Add so many live listings, for load.")
@click.option("--due-orders", type=click.IntRange(0), default=0, help="Add so many orders whose window has closed.")
@with_appcontext
def seed(listings: int, due_orders: int) -> None:
    """Fill an empty database with the demo world (sandbox only); with numbers, add data for load instead."""
    if not current_app.config["SANDBOX"]:
        raise click.UsageError("the demo world is for the sandbox alone (SANDBOX=1)")
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if listings or due_orders:
        _add_load(listings, due_orders)
    elif _is_unfinished():
        raise click.ClickException(f"{INTERRUPTED} Begin again with an empty database.")
    elif not _is_empty():
        raise click.ClickException("Somebody lives in this database already: seed an empty one.")
    else:
        _build(app)


def _add_load(listings: int, due_orders: int) -> None:
    if _is_empty():
        raise click.ClickException("Data for load needs the demo world's styles: run flask seed first.")
    if listings:
        click.echo(f"live listings added: {load.add_listings(listings)}")
    if due_orders:
        click.echo(f"due orders added: {load.add_due_orders(due_orders)}")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--programme", default="preloved", show_default=True, help="A preset's name or a policy file.")
def demo(port: int, programme: str) -> None:
    """Serve the demo world at http://127.0.0.1:PORT; the first time it is built."""
    try:
        listening = serving.listen(port)
        app = _shop(f"http://{serving.HOST}:{port}", programme)
        with app.app_context():
            _prepare(app)
            click.echo(_welcome(app))
        serving.serve(app, listening)
    except (serving.PortBusy, PolicyError, UnsafeSettings) as trouble:
        raise click.ClickException(str(trouble)) from trouble


def _shop(url: str, programme: str) -> Flask:
    """An application of its own: the one that carries this command knows neither the port nor the programme.

    A world of another programme is left alone: its amounts, people and countries would be read by the wrong policy.
    """
    settings = replace(Settings.from_environment(programme=programme), sandbox=True, public_url=url)
    app = marketplace.create_app(settings)
    with app.app_context():
        lives_here = _programme_here()
    if lives_here in (None, reading.read(programme).identity.key):
        return app
    if settings.database_url != DATABASE:
        raise click.ClickException(f"DATABASE_URL holds the world of {lives_here}: name another for {programme}.")
    return marketplace.create_app(replace(settings, database_url=f"sqlite:///{own_database(programme)}"))


def _programme_here() -> str | None:
    """The key of the programme whose world this database holds; None for an empty one."""
    if not sa.inspect(db.engine).has_table(ProgrammeVersion.__tablename__):
        return None
    with unit_of_work(reading=True):
        body = db.session.scalar(sa.select(ProgrammeVersion.body).order_by(ProgrammeVersion.number.desc()).limit(1))
    return body["identity"]["key"] if body else None


def _prepare(app: Flask) -> None:
    """Migrate, publish the programme, and seed what is empty."""
    if _has_tables() and _is_unfinished():
        _begin_again()
    upgrade()
    if _is_empty():
        _build(app)
        return
    with unit_of_work():
        versions.adopt(app.config["SETTINGS"].programme, at=clock.now())


def _build(app: Flask) -> None:
    click.echo("Building the demo world (about a minute, the first time only) ...", err=True)
    world.build(app, app.config["SETTINGS"].programme)


def _begin_again() -> None:
    """Throw a half-built world away, where it is a file of our own."""
    file = db.engine.url.database
    if db.engine.dialect.name != "sqlite" or not file:
        raise click.ClickException(f"{INTERRUPTED} Make the database anew and start again.")
    click.echo(f"{INTERRUPTED} Beginning again.", err=True)
    db.session.remove()
    db.engine.dispose()
    for ending in ("", "-wal", "-shm"):
        Path(file + ending).unlink(missing_ok=True)


def _has_tables() -> bool:
    return sa.inspect(db.engine).has_table("clock_offset")


def _is_unfinished() -> bool:
    with unit_of_work(reading=True):
        return world.is_unfinished()


def _is_empty() -> bool:
    with unit_of_work(reading=True):
        return world.is_empty()


def _welcome(app: Flask) -> str:
    with unit_of_work(reading=True):
        sign_ins = demo_sign_ins.table(demo_sign_ins.find())
    return f"\n{sign_ins}\n\nOpen {app.config['SETTINGS'].public_url}  (stop with Ctrl-C)\n"
