"""``make rehearse``: one whole sale through the production column, with a line for each step and a sum at the end."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tests.plugins import postgresql
from tests.rehearsal.checks import assert_logs_keep_secrets, check_all, check_by_command
from tests.rehearsal.column import Column
from tests.rehearsal.elsewhere import sell_elsewhere
from tests.rehearsal.report import Report, end_tidily
from tests.rehearsal.sale import PASSWORD, Sale, a_reviewer


def main() -> int:
    missing = [name for name in ("redis-server",) if shutil.which(name) is None]
    if missing:
        print(f"A rehearsal needs {', '.join(missing)} (apt-get install {' '.join(missing)}).", file=sys.stderr)
        return 2
    end_tidily()
    report, folder = Report(), Path(tempfile.mkdtemp(prefix="reprise-rehearsal-"))
    server = postgresql.obtain()
    column = Column(folder, server)
    try:
        column.start()
        report.say(f"{', '.join(column.parts)} are up at {column.url}")
        sale = Sale(column, report.say)
        sale.run(a_reviewer(column, report.say))
        sell_elsewhere(column, report.say)
        check_all(column, say=report.say)
        check_by_command(column, report.say)
        assert_logs_keep_secrets(column, sale.code, PASSWORD)
        report.say("no log holds a code or a password")
    except BaseException:
        print(f"What each part said stands in {folder}.", file=sys.stderr)
        raise
    finally:
        column.stop()
        server.stop()
    shutil.rmtree(folder)
    print("1 passed, 0 failed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
