"""Stands before an RTSP server and asks for user name and password, by basic or digest."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.peers.proxy import closed, pump, served
from tests.support.ports import free_port

Method = Literal["basic", "digest"]
REALM, NONCE = "a camera", "b5a1c2d3e4f5"
_LONGEST = 65_536


@dataclass(slots=True)
class RtspGate:
    """One gate; `password` may be changed while it stands. port: where it listens; seen: how many
    requests had a login, right or wrong; asked: how many were sent back.
    """

    method: Method
    user: str
    password: str
    upstream: tuple[str, int]
    port: int = field(default_factory=free_port)
    seen: int = 0
    asked: int = 0

    def rtsp(self, path: str, *, login: str = "") -> str:
        """The address of a stream behind the gate."""
        at = f"{login}@" if login else ""
        return f"rtsp://{at}127.0.0.1:{self.port}/{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers 401 until a request has the right login; then stands aside."""
        request = await reader.readuntil(b"\r\n\r\n")
        while not self._passes(request):
            self.asked += 1
            writer.write(self._refusal(request))
            await writer.drain()
            request = await reader.readuntil(b"\r\n\r\n")
        there, back = await asyncio.open_connection(*self.upstream)
        try:
            back.write(re.sub(rb"(?im)^Authorization:.*\r\n", b"", request))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pump(reader, back), name="gate.in")
                tasks.create_task(pump(there, writer), name="gate.out")
        finally:
            await closed(back)

    def _passes(self, request: bytes) -> bool:
        text = request.decode(errors="replace")
        if text.startswith("OPTIONS"):
            return False if "Authorization" not in text else self._right(text)
        return self._right(text)

    def _right(self, text: str) -> bool:
        found = re.search(r"(?im)^Authorization: *(\w+) +(.*?)\r?$", text)
        if not found:
            return False
        self.seen += 1
        if found[1].lower() != self.method:
            return False
        if self.method == "basic":
            return base64.b64decode(found[2]).decode() == f"{self.user}:{self.password}"
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', found[2]))
        first = _md5(f"{self.user}:{REALM}:{self.password}")
        second = _md5(f"{text.split(' ', 1)[0]}:{said.get('uri', '')}")
        right = _md5(f"{first}:{NONCE}:{second}")
        return said.get("username") == self.user and said.get("response") == right

    def _refusal(self, request: bytes) -> bytes:
        number = re.search(rb"(?im)^CSeq: *(\d+)", request)
        how = f'Basic realm="{REALM}"'
        if self.method == "digest":
            how = f'Digest realm="{REALM}", nonce="{NONCE}", algorithm="MD5"'
        return (
            "RTSP/1.0 401 Unauthorized\r\n"
            f"CSeq: {number[1].decode() if number else 0}\r\nWWW-Authenticate: {how}\r\n\r\n"
        ).encode()


@asynccontextmanager
async def rtsp_gate(
    upstream: tuple[str, int], method: Method, user: str, password: str
) -> AsyncIterator[RtspGate]:
    """A gate on loopback before a server on (host, port)."""
    gate = RtspGate(method, user, password, upstream)
    async with served(gate.handle, gate.port, limit=_LONGEST):
        yield gate


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
