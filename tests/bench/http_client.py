"""Somebody with plain HTTP: what comes of endless answers, and when. Times: monotonic seconds."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import numpy as np
from yarl import URL

from tests.support.onsets import Burst, BurstDetector
from tests.support.records import LineMessage, SeenFrame
from tests.support.sample_clock import SampleClock

RATE = 48_000
ENDLESS = aiohttp.ClientTimeout(total=None, sock_connect=30.0, sock_read=60.0)
"""Of answers that go on."""


class HttpClient:
    """Takes picture, sound and lines of a room, each by a connection of its own."""

    def __init__(self, session: aiohttp.ClientSession, site: URL) -> None:
        self._session, self._site = session, site
        self.frames: list[SeenFrame] = []
        self.bursts: list[Burst] = []
        self.lines: list[LineMessage] = []

    async def watch(self) -> None:
        """Picture by picture; each says when it was taken."""
        async with self._session.get(self._site / "api/mjpeg", timeout=ENDLESS) as answer:
            reader = aiohttp.MultipartReader.from_response(answer)
            while isinstance(part := await reader.next(), aiohttp.BodyPartReader):
                taken = round(float(part.headers["X-Timestamp"]) * 1e6)
                await part.read()
                self.frames.append(SeenFrame(time.monotonic(), taken, None, 0, 0, None))

    async def listen(self) -> None:
        """A sample is heard when it is there."""
        clock, detector, rest = SampleClock(RATE), BurstDetector(RATE), b""
        async with self._session.get(self._site / "api/audio-stream", timeout=ENDLESS) as answer:
            async for data in answer.content.iter_any():
                rest += data
                whole = len(rest) & ~1
                samples, rest = np.frombuffer(rest[:whole], "<i2"), rest[whole:]
                begin = clock.place(len(samples), time.monotonic())
                self.bursts += detector.push(samples.astype(np.int16), begin)

    async def read(self) -> None:
        """Line by line."""
        url = self._site / "api/events" % {"kinds": "line"}
        async with self._session.get(url, timeout=ENDLESS) as answer:
            async for row in answer.content:
                if row.startswith(b"data: ") and b'"phase"' in row:
                    self.lines.append(LineMessage.parse(row[6:].decode(), time.monotonic()))


@asynccontextmanager
async def http_client(site: URL) -> AsyncIterator[HttpClient]:
    """One that takes everything. Raises RuntimeError where one of its answers ended."""
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        made = HttpClient(session, site)
        work = [made.watch(), made.listen(), made.read()]
        tasks = [asyncio.create_task(one, name="bench.http") for one in work]
        try:
            yield made
        finally:
            ended = [repr(task) for task in tasks if task.done()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if ended:
            raise RuntimeError(f"an endless answer ended: {ended}")


async def events(session: aiohttp.ClientSession, site: URL, got: dict[str, list[float]]) -> None:
    """Notes when the start of each line comes, by its id."""
    url = site / "api/events" % {"kinds": "line"}
    async with session.get(url, timeout=ENDLESS) as answer:
        async for row in answer.content:
            if row.startswith(b"data: ") and b'"start"' in row:
                at = time.monotonic()
                got.setdefault(json.loads(row[6:])["id"], []).append(at)
