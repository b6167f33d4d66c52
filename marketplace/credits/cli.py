"""``flask token``: who may speak to the gift-card API."""

from __future__ import annotations

import json

import click
from flask.cli import with_appcontext

from marketplace import clock
from marketplace.credits import tokens
from marketplace.credits.models import Scope
from marketplace.database import unit_of_work
from marketplace.errors import NotFound

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer for a machine.")


@click.group("token")
def token_cli() -> None:
    """Tokens for tills and other shops."""


@token_cli.command("add")
@click.argument("name")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), required=True)
@as_json_option
@with_appcontext
def add(name: str, scope: str, as_json: bool) -> None:
    """Make a token called NAME and print it. It is shown this once and kept as its hash."""
    if not name.isascii() or not name.isprintable() or not 1 <= len(name) <= 60:
        raise click.UsageError("a name is 1 to 60 plain characters")
    try:
        with unit_of_work():
            token = tokens.make_token(name, Scope(scope), at=clock.now())
    except tokens.NameTaken as taken:
        raise click.UsageError(f"there is a token called {name!r} already") from taken
    click.echo(json.dumps({"name": name, "scope": scope, "token": token}) if as_json else token)
    click.echo("Keep it now: it is not shown again.", err=True)


@token_cli.command("list")
@as_json_option
@with_appcontext
def list_tokens(as_json: bool) -> None:
    """Show which tokens there are, never the tokens themselves."""
    with unit_of_work(reading=True):
        known = [
            {
                "name": token.name,
                "scope": token.scope.value,
                "made_at": token.made_at.isoformat(),
                "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
            }
            for token in tokens.every_token()
        ]
    if as_json:
        click.echo(json.dumps(known))
        return
    for token in known:
        ended = f"revoked {token['revoked_at']}" if token["revoked_at"] else "in use"
        click.echo(f"{token['name']}  {token['scope']}  made {token['made_at']}  {ended}")


@token_cli.command("revoke")
@click.argument("name")
@with_appcontext
def revoke(name: str) -> None:
    """End the token called NAME at once."""
    try:
        with unit_of_work():
            tokens.revoke_token(name, at=clock.now())
    except NotFound as missing:
        raise click.UsageError(f"there is no token in use called {name!r}") from missing
    click.echo(f"{name} is revoked")
