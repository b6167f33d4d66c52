"""``make drills``: every drill in turn on one column, the four checks after each, a sum at the end."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.plugins.postgresql import Cluster, Server, own_cluster
from tests.rehearsal.checks import check_all, check_by_command
from tests.rehearsal.column import JOBS, WEBS, Column
from tests.rehearsal.drills import DRILLS, Drill
from tests.rehearsal.report import Report, end_tidily
from tests.rehearsal.sale import Sale, a_reviewer, import_purchases
from tests.rehearsal.stage import Stage

PATIENCE = 240  # seconds for which people try again


def main(chosen: list[str]) -> int:
    """Run the drills that are named, or all; returns how many failed."""
    end_tidily()
    report, folder = Report(), Path(tempfile.mkdtemp(prefix="reprise-drills-"))
    cluster = own_cluster()  # it is stopped in the middle of its work: never the one of TEST_DATABASE_URL
    column = Column(folder, Server(cluster.url), second_reprise=False, mortal=True)
    failed: list[str] = []
    drills = [drill for drill in DRILLS if not chosen or drill.name in chosen]
    try:
        column.start()
        threading.Thread(target=_supervise, args=(column,), daemon=True).start()
        stage = _set_up(column, cluster, report, drills)
        failed = [drill.name for drill in drills if not _passes(drill, stage)]
        check_by_command(column, report.say)
    finally:
        column.stop()
        cluster.remove()
    if failed:
        print(f"What each part said stands in {folder}.", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    print(f"{len(drills) - len(failed)} passed, {len(failed)} failed")
    return len(failed)


def _passes(drill: Drill, stage: Stage) -> bool:
    """Whether the drill ends as it must, and the four checks hold; after one that does not, the column is mended."""
    try:
        drill.act(stage)
        check_all(stage.column, may_rest=True)
    except Exception:
        traceback.print_exc()
        stage.say(f"FAILED  {drill.name}")
        stage.column.mend()
        return False
    stage.say(f"passed  {drill.name}")
    return True


def _set_up(column: Column, cluster: Cluster, report: Report, drills: list[Drill]) -> Stage:
    """Pieces for sale and sellers who have yet to join, as many as these drills take."""
    pieces, newcomers = sum(drill.pieces for drill in drills), sum(drill.newcomers for drill in drills)
    people = [Sale(column, lambda _line: None, patience=PATIENCE) for _ in range(pieces + newcomers)]
    import_purchases(column, people)
    reviewer = a_reviewer(column, report.say)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(_list_a_piece, people[:pieces]))
    for sale in people[:pieces]:
        sale.approve(reviewer)
    report.say(f"{pieces} pieces are for sale")
    return Stage(column, cluster, report.say, people[:pieces], people[pieces:])


def _supervise(column: Column) -> None:
    """As ``restart: unless-stopped`` does: granian itself gives up where a process dies twice in a few seconds."""
    while True:
        time.sleep(0.5)
        for name in (*WEBS, *JOBS):
            column.parts[name].begin_again_if_ended()


def _list_a_piece(sale: Sale) -> None:
    sale.join()
    sale.list_a_piece()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
