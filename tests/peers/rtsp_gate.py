"""Stands before an RTSP server and asks for user name and password, by basic or digest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from tests.peers.login import Login
from tests.peers.proxy import closed, pump, served
from tests.support.ports import free_port

Method = Literal["basic", "digest"]
OFFERS: dict[Method, tuple[str, ...]] = {"basic": ("basic",), "digest": ("MD5", "SHA-256")}
_LONGEST = 65_536


@dataclass(slots=True)
class RtspGate:
    """One gate, which `login` opens. port: where it listens."""

    login: Login
    upstream: tuple[str, int]
    port: int = field(default_factory=free_port)

    def rtsp(self, path: str, *, login: str = "") -> str:
        """The address of a stream behind the gate."""
        at = f"{login}@" if login else ""
        return f"rtsp://{at}127.0.0.1:{self.port}/{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers 401 until a request has the right login; then stands aside."""
        request = await reader.readuntil(b"\r\n\r\n")
        while not self._passes(request):
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
        found = re.search(r"(?im)^Authorization: *(.*?)\r?$", text)
        method, target = text.split(" ")[:2]
        return self.login.passes(target, found[1] if found else "", method)

    def _refusal(self, request: bytes) -> bytes:
        number = re.search(rb"(?im)^CSeq: *(\d+)", request)
        lines = [f"CSeq: {number[1].decode() if number else 0}", *self.login.headers()]
        return "\r\n".join(["RTSP/1.0 401 Unauthorized", *lines, "", ""]).encode()


@asynccontextmanager
async def rtsp_gate(
    upstream: tuple[str, int], method: Method, user: str, password: str
) -> AsyncIterator[RtspGate]:
    """A gate on loopback before a server on (host, port)."""
    gate = RtspGate(Login(user, password, OFFERS[method]), upstream)
    async with served(gate.handle, gate.port, limit=_LONGEST):
        yield gate
