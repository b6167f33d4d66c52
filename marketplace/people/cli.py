"""Commands about people: take purchases in, add staff, show the sandbox's sign-ins."""

from __future__ import annotations

import csv
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.events import SYSTEM
from marketplace.people import demo_sign_ins, purchase_import, second_factor, staffing
from marketplace.people.emails import EmailRefused, clean_email
from marketplace.people.models import Role
from marketplace.people.purchase_file import BadHeader, PurchaseFile, Reject
from marketplace.programme import versions
from marketplace.text import spreadsheet_cell


@click.group("purchases")
def purchases_cli() -> None:
    """The brand's purchase history."""


@purchases_cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@with_appcontext
def import_purchases(file: str) -> None:
    """Take in the purchases of FILE (CSV or JSON lines; - reads stdin). Refused lines go to FILE.rejects.csv."""
    imported = unchanged = 0
    with unit_of_work(reading=True):
        currency, today = versions.current().policy.market.currency, _today()
    with click.open_file(file, "rb") as stream, RejectsFile(file) as rejects:
        lines = PurchaseFile(stream, name=file, currency=currency, today=today)
        progress = _Progress(file)
        try:
            with progress:
                for batch, refused in purchase_import.batches(lines):
                    with unit_of_work():
                        tally = purchase_import.take_in(batch, at=clock.now())
                    imported, unchanged = imported + tally.imported, unchanged + tally.unchanged
                    rejects.write(sorted(refused + tally.rejects, key=lambda reject: reject.line))
                    progress.show(lines.bytes_read, imported + unchanged + rejects.count)
        except BadHeader as bad:
            raise click.UsageError(f"{file}: {bad}") from bad
    click.echo(f"imported {imported}, unchanged {unchanged}, rejected {rejects.count}")
    if rejects.count:
        click.echo(f"why lines were rejected stands in {rejects.path}", err=True)
        raise SystemExit(1)


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(versions.current().policy.market.time_zone)).date()


class RejectsFile:
    """``FILE.rejects.csv``: line, column, reason. Made with the first reject; one of an earlier run is removed."""

    def __init__(self, file: str) -> None:
        self.path = Path("stdin.rejects.csv" if file == "-" else f"{file}.rejects.csv")
        self.count = 0
        self._open = ExitStack()
        self._writer: Any = None

    def __enter__(self) -> RejectsFile:
        self.path.unlink(missing_ok=True)
        return self

    def __exit__(self, *_trouble: object) -> None:
        self._open.close()

    def write(self, rejects: list[Reject]) -> None:
        if rejects and self._writer is None:
            self._writer = csv.writer(self._open.enter_context(self.path.open("w", encoding="utf-8", newline="")))
            self._writer.writerow(("line", "column", "reason"))
        for reject in rejects:
            self._writer.writerow((reject.line, spreadsheet_cell(reject.column), spreadsheet_cell(reject.reason)))
        self.count += len(rejects)


class _Progress:
    """A bar on stderr, where that is a terminal; its length is the file's, unknown for a pipe."""

    def __init__(self, file: str) -> None:
        size = None if file == "-" else Path(file).stat().st_size
        columns = (TextColumn("{task.fields[lines]} lines"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True)
        self._task = self._bar.add_task("import", total=size, lines=0)

    def __enter__(self) -> None:
        self._bar.start()

    def __exit__(self, *_trouble: object) -> None:
        self._bar.stop()

    def show(self, done: int, lines: int) -> None:
        self._bar.update(self._task, completed=done, lines=lines)


@click.group("staff")
def staff_cli() -> None:
    """Who works here."""


@staff_cli.command("add")
@click.argument("email")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]))
@click.option("--new-second-factor", is_flag=True, help="They lost their phone: let them set a new one up.")
@with_appcontext
def add_staff(email: str, roles: tuple[str, ...], new_second_factor: bool) -> None:
    """Let the person with EMAIL work here; one without an account is mailed a link to finish it."""
    try:
        address = clean_email(email)
    except EmailRefused as refused:
        raise click.UsageError(str(refused.message)) from refused
    with unit_of_work():
        at = clock.now()
        person = staffing.add(address, [Role(role) for role in roles], by=SYSTEM, at=at)
        if new_second_factor:
            second_factor.forget(person, at=at)
        held = ", ".join(sorted(row.role for row in person.roles))
        finished = person.email_verified_at is not None
    click.echo(f"{address}: {held}" + ("" if finished else "; a link to choose a password is in the mail"))


@click.command("sign-ins")
@with_appcontext
def sign_ins() -> None:
    """Show who to sign in as, by role (sandbox only)."""
    if not current_app.config["SANDBOX"]:
        raise click.UsageError("sign-ins are shown in the sandbox alone (SANDBOX=1)")
    with unit_of_work(reading=True):
        rows = demo_sign_ins.find()
    click.echo(demo_sign_ins.table(rows) if rows else "Nobody can sign in yet: run flask seed.")
