"""A process that writes with six threads until it is killed: ``python -m tests.sqlite_writer URL FOLDER``.

Each thread adds a row and counts it in another, in one transaction. ``UNPROTECTED`` takes the queue and the
waiting away.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import sqlalchemy as sa

from marketplace import clock
from marketplace.database import db, unit_of_work
from marketplace.jobs.inbox import InboxRow, InboxState
from marketplace.turns import Turns
from tests.shop import make_shop

THREADS = 6
SOURCE = "writers"


def write_for_ever(name: str) -> None:
    number = 0
    while True:
        number += 1
        try:
            with unit_of_work() as session:
                seen = session.scalar(sa.select(sa.func.count(InboxRow.id)).where(InboxRow.source == SOURCE))
                session.add(
                    InboxRow(
                        source=SOURCE,
                        event_id=f"{name}-{number}",
                        payload={"seen": seen},
                        received_at=clock.now(),
                        state=InboxState.DONE,
                        due_at=clock.shared(),
                        attempts=1,
                    )
                )
        except sa.exc.OperationalError as trouble:
            print(f"trouble: {trouble.orig}", flush=True)
        else:
            print("written", flush=True)


def main(url: str, folder: str) -> None:
    app = make_shop(url, photos=Path(folder))
    if os.environ.get("UNPROTECTED"):
        Turns.enter = lambda _turns, _seconds: True  # type: ignore[method-assign]

    def begin(name: str) -> None:
        with app.app_context():
            if os.environ.get("UNPROTECTED"):
                with db.engine.connect() as connection:
                    connection.exec_driver_sql("PRAGMA busy_timeout=0")
            write_for_ever(name)

    threads = [threading.Thread(target=begin, args=(f"{os.getpid()}-{number}",)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
