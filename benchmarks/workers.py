"""What a web process weighs, and how soon it answers (``worker``)."""

from __future__ import annotations

import time

from benchmarks import world
from benchmarks.databases import Databases
from benchmarks.figures import Bar, Finding, figure
from benchmarks.serving import Server, free_port, serving

MOST_MEGABYTES = 120
MOST_SECONDS = 1.5
STARTS = 3
PAGES = ("/", "/shop", "/p/marlow-tote-cognac-LZZZZ0000", "/bag", "/help", "/sign-in", "/terms")
VISITS = 20  # of each page, before the worker is weighed


def worker(databases: Databases, template: str, scale: float) -> Finding:
    """One granian worker: the first page after the start, and its memory after many."""
    url = databases.copy(template)
    starts, cpu = [], []
    megabytes = 0.0
    for _start in range(STARTS):
        port, began = free_port(), time.perf_counter()
        with serving("wsgi:app", world.variables_for(url, port=port), port=port) as server:
            _get(server, "/shop")
            starts.append(time.perf_counter() - began)
            cpu.append(server.cpu_seconds())
            if _start == STARTS - 1:
                for page in PAGES:
                    for _visit in range(max(2, round(VISITS * min(1.0, scale * 10)))):
                        _get(server, page)
                megabytes = server.worker_megabytes()
    return Finding(
        "worker",
        {
            "first_page_seconds": figure(min(starts)),
            "start_cpu_seconds": figure(min(cpu)),
            "worker_megabytes": figure(megabytes),
        },
        [
            Bar("worker_megabytes", figure(megabytes), MOST_MEGABYTES),
            Bar("first_page_seconds", figure(min(starts)), MOST_SECONDS),
        ],
    )


def _get(server: Server, page: str) -> None:
    connection = server.connect()
    connection.request("GET", page)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, f"{page}: {answer.status}"
