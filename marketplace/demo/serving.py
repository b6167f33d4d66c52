"""Serving the demo: waitress on one port of this machine, until somebody presses Ctrl-C or ends the process."""

from __future__ import annotations

import signal
import socket
from typing import NoReturn

from flask import Flask
from waitress.server import create_server

from marketplace.buyer.shop import write_views
from marketplace.jobs import embedding

HOST = "127.0.0.1"
THREADS = 8

# As it comes, waitress lets nobody in while a hundred slow visitors stay (fault W16).
PATIENCE = {"connection_limit": 500, "asyncore_use_poll": True, "channel_timeout": 60}


class PortBusy(Exception):
    """Something else listens there."""


def listen(port: int) -> socket.socket:
    """Take the port before anything slow begins; raises ``PortBusy``."""
    try:
        return socket.create_server((HOST, port))
    except OSError as trouble:
        raise PortBusy(f"Port {port} is in use or not allowed: choose another one with PORT=8123.") from trouble


def serve(app: Flask, listening: socket.socket) -> None:
    """Answer requests and do the shop's jobs; returns within moments of an interrupt or a TERM."""
    server = create_server(app, sockets=[listening], threads=THREADS, **PATIENCE)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    running = embedding.of(app)
    if running is not None:
        running.start()
    try:
        server.run()  # returns at SystemExit
    finally:
        server.close()
        write_views(app)
        if running is not None:
            running.stop()


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
