"""A server on loopback with a thread for each connection, for peers that are written by hand."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Self


class TcpServer:
    """Runs `serve` for each connection and closes it then; leaving it ends all of them.

    connections: how many have come.
    """

    def __init__(
        self, serve: Callable[[socket.socket], object], tls: ssl.SSLContext | None = None
    ) -> None:
        self._serve, self._tls = serve, tls
        self._open: list[socket.socket] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="tcp server")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        _shut(self._listener, *self._open)
        self._listener.close()
        for thread in self._threads:
            thread.join(15)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._listener.accept()
                self.connections += 1
                self._open.append(taken)
                thread = threading.Thread(target=self._run, args=(taken,), name="tcp connection")
                self._threads.append(thread)
                thread.start()

    def _run(self, taken: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(taken)
            taken.settimeout(20)
            if self._tls is not None:
                taken = stack.enter_context(self._tls.wrap_socket(taken, server_side=True))
                self._open.append(taken)
            self._serve(taken)


def _shut(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
