"""A server on loopback that answers as a script says, byte for byte."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """One request. path with its query; headers by their names in small letters."""

    path: str
    headers: dict[str, str]


Answer = Callable[[Asked], Iterable[bytes]]
"""Gives what is sent, piece by piece. The connection stays open where all of it is framed, that is
where the last piece is not CLOSE."""

CLOSE = b"<close>"


class Server:
    """Runs `answer` for each request, in a thread for each connection."""

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._open: list[socket.socket] = []
        self.asked: list[Asked] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, name="server")]
        self._threads[0].start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", login: str = "") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{login}{'@' if login else ''}{self.place}{path}"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in self._threads)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                taken, _ = self._listener.accept()
                self.connections += 1
                self._open.append(taken)
                thread = threading.Thread(target=self._serve, args=(taken,), name="connection")
                self._threads.append(thread)
                thread.start()

    def _serve(self, taken: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError):
            stack.enter_context(taken)
            if self._tls is not None:
                taken = stack.enter_context(self._tls.wrap_socket(taken, server_side=True))
                self._open.append(taken)
            held = b""
            while True:
                while b"\r\n\r\n" not in held:
                    data = taken.recv(65536)
                    if not data:
                        return
                    held += data
                head, _, held = held.partition(b"\r\n\r\n")
                self.asked.append(_asked(head.decode()))
                for piece in self._answer(self.asked[-1]):
                    if piece == CLOSE:
                        return
                    taken.sendall(piece)


def _asked(head: str) -> Asked:
    first, *lines = head.split("\r\n")
    found = re.fullmatch(r"GET (\S+) HTTP/1\.1", first)
    assert found, first
    pairs = (line.partition(":") for line in lines)
    return Asked(found[1], {name.lower(): value.strip() for name, _, value in pairs})


def reply(
    body: bytes = b"", *headers: str, status: str = "200 OK", kind: str = "text/plain"
) -> list[bytes]:
    """A complete answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
    return ["\r\n".join([*lines, *headers, "", ""]).encode() + body]


def endless(kind: str, *headers: str) -> bytes:
    """The head of an answer that ends with its connection."""
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *headers, "", ""]).encode()
