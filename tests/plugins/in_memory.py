"""Where the tests' databases are kept: in memory where there is room, so that no commit of theirs waits for a disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOM = 6 * 1024**3  # bytes that a run's databases may take


def folder() -> Path | None:
    """A folder that is kept in memory; None where there is none, or too little room."""
    memory, known = Path("/dev/shm"), Path("/proc/meminfo")
    if not (memory.is_dir() and known.exists() and os.access(memory, os.W_OK)):
        return None
    available = next(
        int(line.split()[1]) * 1024 for line in known.read_text().splitlines() if line.startswith("MemAvailable")
    )
    return memory if min(available - ROOM, shutil.disk_usage(memory).free) > ROOM else None
