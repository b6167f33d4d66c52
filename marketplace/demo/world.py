"""The demo world from its first morning to this moment: the same pieces, people and sales on every run of a day."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import date, timedelta
from logging import CRITICAL, WARNING, getLogger
from typing import Any

import sqlalchemy as sa
from flask import Flask

from marketplace import clock
from marketplace.clock import ClockOffset
from marketplace.database import db, unit_of_work
from marketplace.demo import (
    cases,
    cast,
    consigning,
    courses,
    gift_cards,
    library,
    listings,
    own_stock,
    purchases,
    quoting,
)
from marketplace.demo.album import Album
from marketplace.demo.courses import JustNow
from marketplace.demo.pieces import Closets
from marketplace.demo.purchases import Tills
from marketplace.demo.stage import Stage
from marketplace.demo.timeline import DAYS, Story, Timeline
from marketplace.jobs import embedding
from marketplace.people.models import Person
from marketplace.programme import reading, versions
from marketplace.programme.policy import Policy

SEED = 20  # of everything that looks like chance
A_MOMENT_AGO = timedelta(minutes=12)


def is_empty() -> bool:
    """Whether nobody has ever been here. Asked within a unit of work."""
    return db.session.scalar(sa.select(Person.id).limit(1)) is None


def is_unfinished() -> bool:
    """Whether a seeding was interrupted: no other clock runs behind. Asked within a unit of work."""
    offset = db.session.get(ClockOffset, 1)
    return offset is not None and offset.offset_us < 0


def build(app: Flask, programme: str, *, album: Album | None = None) -> date:
    """Fill an empty database under the programme's policy; returns the day it was built for.

    Leaves business time at the database's time. An ``album`` is one that more than one world is built with.
    """
    policy = reading.read(programme)
    timeline = Timeline(policy.calendar)
    pictures = nullcontext(album) if album else Album(app, policy.photos)
    with embedding.held(app), _hurried(), _quiet(), pictures as photos:
        timeline.begin()
        with unit_of_work():
            versions.adopt(programme, at=clock.now())
        _tell(timeline, photos, policy)
    return timeline.day(0)


def _tell(timeline: Timeline, album: Album, policy: Policy) -> None:
    chance = random.Random(SEED)
    tills = Tills(chance)
    stage = Stage(timeline, album, Closets(chance, tills, timeline.day(DAYS)), chance)
    library.order_pictures(album)
    if not policy.modes.peer_to_peer:
        _tell_of_the_house(stage, policy)
        return
    courses.tell_all(stage)
    listings.tell_all(stage)
    now = JustNow.of(stage)
    stage.order_photos()
    _open_house(album, policy)
    history = [*(piece.bought for piece in stage.closets.pieces if piece.bought), *_unlisted(stage, tills)]
    purchases.take_in(sorted(history, key=lambda line: line.purchased_on), "velorne-purchases.csv")
    with unit_of_work():
        cast.join(clock.now())
    timeline.tell(gift_cards.spent_and_lost(stage))
    timeline.tell(_further_files(stage, tills))
    timeline.run()
    timeline.come_to(before_now=A_MOMENT_AGO)
    now.happen(stage)
    timeline.arrive()


def _tell_of_the_house(stage: Stage, policy: Policy) -> None:
    """Where members list nothing."""
    own_stock.tell_all(stage, policy)
    if policy.modes.consignment.is_on:
        consigning.tell_all(stage, policy)
    if policy.modes.buyback.is_on:
        quoting.tell_all(stage, policy)
    stage.order_photos()
    _open_house(stage.album, policy)
    with unit_of_work():
        cast.join_in(policy.market.country, clock.now())
    stage.timeline.run()
    stage.timeline.arrive()


def _open_house(album: Album, policy: Policy) -> None:
    with unit_of_work():
        library.keep_styles(album, policy.market.currency)
        cast.hire(clock.now())
        cases.keep_replies()


def _unlisted(stage: Stage, tills: Tills) -> list[purchases.Bought]:
    return purchases.never_listed(tills, stage.chance, stage.timeline.day(DAYS + 1))


def _further_files(stage: Stage, tills: Tills) -> Story:
    """The house sends its new purchases and its returns now and then."""
    for days_ago in (20, 1):
        yield stage.timeline.moment(days_ago=days_ago, hour=16)
        today, back = stage.timeline.day(days_ago), [piece.bought for piece in stage.brought_back if piece.bought]
        stage.brought_back.clear()
        new = purchases.of_this_season(tills, stage.chance, today)
        returned = [replace(bought, returned_on=today) for bought in back]
        purchases.take_in([*new, *returned], f"velorne-purchases-{today}.csv")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep requests, seals and alarms out of the logs: they are part of the story. Faults are still told."""
    levels = {"marketplace.access": WARNING, "marketplace.ledger.seals": WARNING, "marketplace.jobs.alarms": CRITICAL}
    before = {name: getLogger(name).level for name in levels}
    try:
        for name, level in levels.items():
            getLogger(name).setLevel(level)
        yield
    finally:
        for name, level in before.items():
            getLogger(name).setLevel(level)


@contextmanager
def _hurried() -> Iterator[None]:
    """Do not wait for the disk at every commit: a seeding that a power cut ends is begun anew."""
    word = "PRAGMA synchronous=OFF" if db.engine.dialect.name == "sqlite" else "SET synchronous_commit TO off"

    def hurry(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(word)
        cursor.close()
        connection.commit()

    engine = db.engine
    engine.dispose()
    sa.event.listen(engine, "connect", hurry)
    try:
        yield
    finally:
        sa.event.remove(engine, "connect", hurry)
        db.session.remove()
        engine.dispose()
