"""`python -m web --standalone` as a process, and what it answers."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
from numpy.typing import NDArray

from tests.peers.program import Program
from tests.support.ports import free_ports
from tests.support.procfs import descendants

LIMIT = 60.0
"""Seconds that anything may take: the engine's start is the longest."""


class Standalone(Program):
    """One, with what `/api/events` has told so far."""

    def __init__(self, folder: Path, source: str, *settings: str) -> None:
        self.port, engine = free_ports(2)
        words = (
            *(f"WEB_PORT={self.port}", f"ENGINE_PORT={engine}", f"STATE_DIR={folder}"),
            *("DETECTOR=off", *settings),
        )
        command = (sys.executable, "-m", "web", "--standalone", source, *words)
        # As make starts it.
        super().__init__(command, folder / "web.log", environment={"SOURCE": source})
        self.http = aiohttp.ClientSession(f"http://127.0.0.1:{self.port}")
        self.events: list[tuple[str, dict[str, Any]]] = []

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Events of a kind."""
        return [data for one, data in self.events if one == kind]

    @property
    def said(self) -> list[str]:
        """Lines of commentary that were heard to their end."""
        lines = [one for one in self.of("line") if one["kind"] == "commentary"]
        return [one["text"] for one in lines if one["phase"] == "end" and not one["dropped"]]

    @property
    def told(self) -> dict[str, Any]:
        """How it is."""
        return (self.of("status") or [{}])[-1]

    def child(self, module: str) -> int:
        """Process id of what runs `python -m module`."""
        for pid in descendants(self.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if module.encode() in words:
                return pid
        raise RuntimeError(f"no {module} runs; it said: {self.log[-600:]}")

    @property
    def passed_on(self) -> str:
        """The environments of its children."""
        found = [Path(f"/proc/{pid}/environ").read_bytes() for pid in descendants(self.pid)]
        return b"".join(found).decode()

    async def picture(self) -> NDArray[np.uint8]:
        """The next one of `/api/mjpeg`."""
        async with self.http.get("/api/mjpeg", params={"width": 320}) as answer:
            reader = aiohttp.MultipartReader.from_response(answer)
            part: Any = await reader.next()
            decoded = cv2.imdecode(np.frombuffer(await part.read(), np.uint8), cv2.IMREAD_COLOR)
        return np.asarray(decoded, np.uint8)

    async def hear(self, loud: int) -> None:
        """Listen until something of that peak is heard."""
        async with asyncio.timeout(LIMIT), self.http.get("/api/audio-stream") as answer:
            assert answer.headers["X-Audio-Sample-Rate"] == "48000"
            while np.abs(np.frombuffer(await answer.content.readexactly(1920), "<i2")).max() < loud:
                pass

    async def post(self, path: str, **body: object) -> tuple[int, dict[str, Any]]:
        """Status and JSON."""
        async with self.http.post(path, json=body) as answer:
            return answer.status, await answer.json()

    async def follow(self) -> None:
        """Take events for ever."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self.http.get("/api/events", timeout=timeout) as answer:
            kind = ""
            async for line in answer.content:
                name, _, value = line.decode().strip().partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    self.events.append((kind, json.loads(value)))


@asynccontextmanager
async def standalone(folder: Path, source: str, *settings: str) -> AsyncIterator[Standalone]:
    """It runs, its engine is up, and somebody follows its events."""
    program = Standalone(folder, source, *settings)
    async with program.http:
        with program:
            await program.until_said("the page is on", LIMIT)
            following = asyncio.create_task(program.follow())
            try:
                await program.until(lambda: program.told.get("engine") == "up", "engine up", LIMIT)
                yield program
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
