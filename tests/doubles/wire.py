"""A wire between the shop and a server: it can be slow, and it can break between the work and its answer."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from typing import Self

RESET = struct.pack("ii", 1, 0)  # linger for no time: closing says at once that nothing more comes
A_PIECE = 65_536


class Wire:
    """Listens on a port of its own and passes on what is said to and by the server at ``target``."""

    def __init__(self, target: int) -> None:
        self.lost = 0
        self._target, self._seconds, self._after = target, 0.0, b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]

    def start(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def slow(self, seconds: float) -> None:
        """Each piece of an answer takes so long from now on."""
        self._seconds = seconds

    def lose_answer(self, after: bytes) -> None:
        """Break the first conversation in which the shop says ``after``, when the server begins to answer that."""
        self._after = after

    def _accept(self) -> None:
        while True:
            shop, _address = self._listening.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                _reset(shop)
                continue
            _Conversation(self, shop, server).start()

    def is_to_break(self, said: bytes) -> bool:
        """Whether the conversation in which this was said is the one to break; it is asked for once."""
        if self._after and self._after in said:
            self._after = b""
            return True
        return False

    def wait(self) -> None:
        time.sleep(self._seconds)


class _Conversation:
    def __init__(self, wire: Wire, shop: socket.socket, server: socket.socket) -> None:
        self._wire, self._shop, self._server = wire, shop, server
        self._breaks = False

    def start(self) -> None:
        for pump in (self._ask, self._answer):
            threading.Thread(target=pump, daemon=True).start()

    def _ask(self) -> None:
        said = b""
        with suppress(OSError):
            while piece := self._shop.recv(A_PIECE):
                said = said[-16:] + piece
                self._breaks = self._breaks or self._wire.is_to_break(said)
                self._server.sendall(piece)
            self._server.shutdown(socket.SHUT_WR)

    def _answer(self) -> None:
        with suppress(OSError):
            while piece := self._server.recv(A_PIECE):
                self._wire.wait()
                if self._breaks and not piece.startswith(b"HTTP/1.1 100"):
                    self._wire.lost += 1
                    break
                self._shop.sendall(piece)
        for end in (self._shop, self._server):
            _reset(end)


def _reset(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.close()
