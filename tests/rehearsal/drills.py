"""``make drills``: the production column with something taken away in the middle of a sale; then the four checks.

Each drill shows that its fault took hold: processes died, answers were lost, pages said that they rest. Its docstring
names the control: the same fault with a protection off, which must fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.rehearsal import clocks, foundations, operations, outages
from tests.rehearsal.stage import Stage


@dataclass(frozen=True)
class Drill:
    """What is done, and how many pieces for sale and sellers who have yet to join it takes."""

    act: Callable[[Stage], None]
    pieces: int = 1
    newcomers: int = 0

    @property
    def name(self) -> str:
        return self.act.__name__


DRILLS = [
    Drill(foundations.killed_at_named_points),
    Drill(foundations.killed_at_random),
    Drill(foundations.postgresql_stopped),
    Drill(foundations.redis_flushed_and_stopped),
    Drill(foundations.two_of_each),
    Drill(outages.stripe_in_trouble, pieces=2),
    Drill(outages.shippo_in_trouble),
    Drill(outages.issuer_in_trouble),
    Drill(outages.mail_in_trouble),
    Drill(outages.bucket_in_trouble, pieces=0, newcomers=1),
    Drill(outages.disk_full, newcomers=1),
    Drill(operations.slow_clients),
    Drill(operations.upgrade_killed, pieces=0),
    Drill(operations.restored_from_a_backup, pieces=2),
    Drill(clocks.clocks_disagree, pieces=3),
    Drill(clocks.clocks_change, pieces=2),  # the last: business time goes on by a year
]
