"""Plays a source at its own pace."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from tests.support.browser_camera.media import Picture, Reader, Sound
from tests.support.browser_camera.pace import Pace

log = logging.getLogger("pressbox.ingress")

PICTURES_AHEAD = 6
SOUNDS_AHEAD = 128
SOUND_LEAD = 0.05
"""Seconds that sound is handed over before it is due; the track's own queue keeps it smooth."""


class Sink(Protocol):
    """Where pictures and sound go."""

    def show(self, picture: Picture) -> None:
        """Takes a picture that is due now."""

    async def play(self, sound: Sound) -> None:
        """Takes sound that is due in a moment; may wait while there is too much of it."""


class Player:
    """Reads in a thread, a little ahead, and hands each piece over when it is due."""

    def __init__(self, reader: Reader, sink: Sink) -> None:
        self._reader = reader
        self._sink = sink
        self._pace = Pace()
        self._pictures: asyncio.Queue[Picture] = asyncio.Queue(PICTURES_AHEAD)
        self._sounds: asyncio.Queue[Sound] = asyncio.Queue(SOUNDS_AHEAD)
        self.left_out = 0
        """Pictures that were not shown because they would have been late."""

    async def run(self) -> None:
        """Plays until cancelled. Raises MediaError when the source cannot be read any more."""
        executor = ThreadPoolExecutor(1, thread_name_prefix="reader")
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(executor), name="player.read")
                group.create_task(self._show(), name="player.show")
                group.create_task(self._play(), name="player.play")
        except* Exception as failed:
            raise failed.exceptions[0] from None
        finally:
            executor.shutdown(wait=True, cancel_futures=True)
            self._reader.close()

    async def _read(self, executor: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        while True:
            piece = await loop.run_in_executor(executor, self._reader.read)
            if isinstance(piece, Picture):
                await self._pictures.put(piece)
            else:
                await self._sounds.put(piece)

    async def _show(self) -> None:
        while True:
            picture = await self._pictures.get()
            await self._wait(picture.time, 0)
            if self._pace.too_late(picture.time, time.monotonic()):
                self.left_out += 1
            else:
                self._sink.show(picture)

    async def _play(self) -> None:
        while True:
            sound = await self._sounds.get()
            await self._wait(sound.time, SOUND_LEAD)
            await self._sink.play(sound)

    async def _wait(self, media_time: float, lead: float) -> None:
        now = time.monotonic()
        await asyncio.sleep(max(self._pace.due(media_time, now) - lead - now, 0))
