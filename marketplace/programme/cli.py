"""``flask programme``: look at a policy file, and put one in force."""

from __future__ import annotations

import json
from typing import Any

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from flask.cli import with_appcontext

from marketplace import clock
from marketplace.database import unit_of_work
from marketplace.programme import reading, versions
from marketplace.programme.policy import Policy
from marketplace.programme.policy.languages import words_of

as_json_option = click.option("--json", "as_json", is_flag=True, help="Answer for a machine.")


@click.group("programme")
def programme_cli() -> None:
    """The programme's policy."""


@programme_cli.command("check")
@click.argument("file")
@as_json_option
def check(file: str, as_json: bool) -> None:
    """Read FILE (or a preset's name) and say everything that is wrong with it; exit 1 where something is."""
    policy = _read(file, as_json)
    answer = {"file": file, "programme": policy.name, "content_hash": versions.hash_of(policy), "problems": []}
    click.echo(json.dumps(answer) if as_json else f"{file}: {policy.name}, nothing wrong")


@programme_cli.command("publish")
@click.argument("file")
@as_json_option
@with_appcontext
def publish(file: str, as_json: bool) -> None:
    """Put FILE (or a preset) in force as a new version; the one that is in force already stays."""
    policy = _read(file, as_json)
    with unit_of_work():
        published = versions.publish(policy, at=clock.now())
        answer: dict[str, Any] = {
            "programme": policy.name,
            "version": published.number,
            "content_hash": published.content_hash,
            "published_at": published.published_at.isoformat(),
        }
    click.echo(json.dumps(answer) if as_json else f"{answer['programme']}, version {answer['version']}, is in force")


@programme_cli.command("words")
@click.argument("file")
@click.argument("language")
def words(file: str, language: str) -> None:
    """Write what FILE (or a preset) says to people into the file its words in LANGUAGE are read from.

    What is translated there already stays; exit 1 while anything is left to translate.
    """
    path, policy = reading.find(file), _without_languages(file)
    target = reading.words_file(path, language)
    known = reading.translations(target, language)
    catalogue = Catalog(locale=language, project=policy.name)
    for text in words_of(policy):
        catalogue.add(text, known.get(text, ""))
    with target.open("wb") as out:
        write_po(out, catalogue, width=120, omit_header=False)
    left = sum(1 for text in words_of(policy) if text not in known)
    click.echo(f"{target.name}: {len(words_of(policy))} texts, {left} left to translate")
    raise SystemExit(1 if left else 0)


def _without_languages(file: str) -> Policy:
    return reading.decode(reading.find(file).read_bytes(), file)


def _read(file: str, as_json: bool) -> Policy:
    try:
        return reading.read(file)
    except reading.PolicyError as error:
        problems = [{"key": problem.key, "reason": problem.reason} for problem in error.problems]
        click.echo(json.dumps({"file": error.source, "problems": problems}) if as_json else str(error))
        raise SystemExit(1) from error
