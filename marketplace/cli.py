"""Commands for whoever runs the shop.

Answers on stdout, messages on stderr; exit 0 fine, 1 found something, 2 usage.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from marketplace import clock, doctor
from marketplace import reconcile as reconciling
from marketplace.database import unit_of_work
from marketplace.jobs import runner

_STEP = re.compile(r"\A([0-9]{1,4})([mhd])\Z")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def say(answer: Any, as_json: bool) -> None:
    """Print an answer for a person or a machine."""
    click.echo(json.dumps(answer) if as_json else "\n".join(f"{key}: {value}" for key, value in answer.items()))


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then stop.")
@click.option("--json", "as_json", is_flag=True)
@with_appcontext
def sweep(once: bool, as_json: bool) -> None:
    """Do what is due: events that came in, deadlines that passed, what must go out."""
    if not once:
        raise click.UsageError("say --once: the web process or a worker sweeps for good")
    say({"done": runner.run_until_idle()}, as_json)


@click.command()
@click.option("--json", "as_json", is_flag=True)
@with_appcontext
def reconcile(as_json: bool) -> None:
    """Ask the payment provider and the carrier for what never arrived; exit 1 where something was found."""
    found = reconciling.reconcile()
    say(found if as_json else {kind: ", ".join(names) or "none" for kind, names in found.items()}, as_json)
    if any(found.values()):
        raise SystemExit(1)


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True)
@with_appcontext
def doctor_command(as_json: bool) -> None:
    """Check everything that must be true; exit 1 where something is not."""
    with unit_of_work(reading=True):
        checks = doctor.examine()
    checks += doctor.reach_outside()
    if as_json:
        click.echo(json.dumps([vars(check) for check in checks]))
    else:
        for check in checks:
            click.echo(f"{'!!' if check.trouble else 'ok'}  {check.name}: {check.answer} {check.trouble}".rstrip())
    if any(check.trouble for check in checks):
        raise SystemExit(1)


@click.group("clock")
def clock_cli() -> None:
    """Business time (sandbox only)."""


@clock_cli.command("advance")
@click.argument("step")
@with_appcontext
def advance(step: str) -> None:
    """Move business time forwards by STEP: 30m, 5h or 3d; then do what has become due."""
    if not current_app.config["SANDBOX"]:
        raise click.UsageError("the clock moves in the sandbox alone (SANDBOX=1)")
    found = _STEP.match(step)
    if not found:
        raise click.UsageError("a step is a number and a unit: 30m, 5h or 3d")
    with unit_of_work():
        moment = clock.advance(timedelta(**{_UNITS[found[2]]: int(found[1])}))
    runner.run_until_idle()
    click.echo(moment.isoformat())
