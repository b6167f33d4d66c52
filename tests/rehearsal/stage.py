"""What a drill stands on: the column, its cluster, and pieces that are for sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.plugins.postgresql import Cluster
from tests.processes import Process
from tests.rehearsal.column import Column
from tests.rehearsal.sale import Sale


@dataclass
class Stage:
    """The column, its cluster, pieces that are for sale, and sellers who have yet to join."""

    column: Column
    cluster: Cluster
    say: Callable[[str], None]
    sales: list[Sale]
    newcomers: list[Sale]

    def next_sale(self) -> Sale:
        return self.sales.pop(0)

    def newcomer(self) -> Sale:
        return self.newcomers.pop()

    def part(self, name: str) -> Process:
        return self.column.parts[name]

    def run_again(self, name: str, **env: str) -> None:
        """Kill a part and start it with these variables besides its own."""
        part = self.part(name)
        part.kill()
        part.env = {**self.column.env, **env}
        part.start()

    def calls(self, double: str, operation: str) -> int:
        """How often a double has been asked for this."""
        seen: Any = self.column.steer(double, "calls")
        return sum(1 for call in seen if call["operation"] == operation)


def finish(sale: Sale) -> None:
    """From the delivery to the gift card's code."""
    sale.deliver()
    sale.let_the_window_pass()
    sale.receive_the_card()


def whole(sale: Sale) -> None:
    """From the bag to the gift card's code."""
    sale.buy()
    sale.hand_over()
    finish(sale)
