"""Which commands there are. Each is loaded when it is called: a process that serves pages needs none of them."""

from __future__ import annotations

import click
from flask import Flask
from flask.cli import AppGroup
from werkzeug.utils import import_string

TABLE = {
    "clock": "marketplace.cli:clock_cli",
    "db": "marketplace.migrating:db_cli",
    "demo": "marketplace.demo.cli:demo",
    "doctor": "marketplace.cli:doctor_command",
    "ledger": "marketplace.ledger.cli:ledger_cli",
    "programme": "marketplace.programme.cli:programme_cli",
    "purchases": "marketplace.people.cli:purchases_cli",
    "reconcile": "marketplace.cli:reconcile",
    "seed": "marketplace.demo.cli:seed",
    "sign-ins": "marketplace.people.cli:sign_ins",
    "staff": "marketplace.people.cli:staff_cli",
    "sweep": "marketplace.cli:sweep",
    "token": "marketplace.credits.cli:token_cli",
}


class Commands(AppGroup):
    """The commands of ``TABLE``, beside those that Flask and extensions add."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *TABLE})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in TABLE:
            return super().get_command(ctx, name)
        command: click.Command = import_string(TABLE[name])
        return command


def init_app(app: Flask) -> None:
    """Set the table beside the commands that the application has already."""
    app.cli = Commands(app.name, commands=app.cli.commands)
