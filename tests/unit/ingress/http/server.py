"""A server on loopback that answers as a script says, byte for byte."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.support.tcp_server import TcpServer


@dataclass(frozen=True)
class Asked:
    """One request. path with its query; headers by their names in small letters."""

    path: str
    headers: dict[str, str]


Answer = Callable[[Asked], Iterable[bytes]]
"""Gives what is sent, piece by piece. The connection stays open where all of it is framed, that is
where the last piece is not CLOSE."""

CLOSE = b"<close>"


class Server(TcpServer):
    """Runs `answer` for each request."""

    def __init__(self, answer: Answer, *, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self.asked: list[Asked] = []
        super().__init__(self._requests, tls)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str = "/", login: str = "") -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{login}{'@' if login else ''}{self.place}{path}"

    def _requests(self, taken: socket.socket) -> None:
        held = b""
        while True:
            while b"\r\n\r\n" not in held:
                if not (data := taken.recv(65536)):
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
