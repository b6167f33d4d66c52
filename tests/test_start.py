"""What a web process loads when it starts: nothing that only some requests or other processes need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# Each weighs megabytes or tenths of a second: what draws labels, reads pictures, migrates, and speaks to others.
LOADED_WHERE_IT_IS_USED = {"PIL", "alembic", "barcode", "celery", "fontTools", "fpdf", "pillow_heif", "segno", "shippo"}


def test_what_few_requests_need_is_not_loaded_at_the_start(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import json, sys, wsgi; print(json.dumps(sorted(sys.modules)))"],
        cwd=ROOT,
        env={
            **os.environ,
            "SANDBOX": "1",
            "SECRET_KEY": "of-no-shop-" * 4,
            "DATABASE_URL": f"sqlite:///{tmp_path}/shop.db",
            "PHOTO_STORE_URL": f"file://{tmp_path}",
        },
        capture_output=True,
        check=True,
        text=True,
    )
    loaded = json.loads(said.stdout.splitlines()[-1])
    assert "marketplace.application" in loaded
    assert {name.partition(".")[0] for name in loaded} & LOADED_WHERE_IT_IS_USED == set()
