"""``flask ledger``: prove the books, and hand them to a foreign program."""

from __future__ import annotations

import json

import click
from flask.cli import with_appcontext

from marketplace.database import unit_of_work
from marketplace.ledger import export, proofs, seals


@click.group("ledger")
def ledger_cli() -> None:
    """The books."""


@ledger_cli.command("verify")
@click.option("--json", "as_json", is_flag=True, help="Answer for a machine.")
@with_appcontext
def verify(as_json: bool) -> None:
    """Prove that postings balance, seals hold and nothing is overdrawn; exit 1 where that is not so."""
    with unit_of_work(reading=True):
        faults, extent = proofs.faults(), seals.extent()
    if as_json:
        click.echo(json.dumps({"sound": not faults, "faults": faults, **vars(extent)}))
    else:
        click.echo(f"transactions: {extent.transactions}, sealed: {extent.sealed}, head: {extent.head}")
        click.echo("\n".join(faults) or "the ledger is sound")
    if faults:
        raise SystemExit(1)


@ledger_cli.command("export")
@with_appcontext
def export_journal() -> None:
    """Write the whole ledger as a plain journal; ``hledger check -s`` holds of it."""
    with unit_of_work(reading=True):
        for line in export.journal():
            click.echo(line)
