"""Subscribes to the tracks that are wanted and to no others, and reads each once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from livekit import rtc

from agent.picture.frame_stream import FrameStream
from config.tasks import Tasks, Tell
from web.sound import RATE

SOUND_QUEUE = 50
"""Pieces of sound (10 ms each) that may wait for us."""

Take = Callable[[Any], None]
"""Takes each event of a track's stream."""


class Wanted(NamedTuple):
    """A track, and who takes what comes of it."""

    publication: rtc.RemoteTrackPublication
    take: Take


class _Reader(NamedTuple):
    publication: rtc.RemoteTrackPublication
    track: rtc.Track | None = None
    task: asyncio.Task[None] | None = None


class Readers:
    """Owns a task for each track that is being read."""

    def __init__(self, tell: Tell) -> None:
        self._tasks = Tasks(tell)
        self._readers: dict[str, _Reader] = {}

    def follow(self, wanted: Mapping[str, Wanted]) -> None:
        """Read these, by their sid, and leave all others. A track may have come back as another
        object.
        """
        for sid in self._readers.keys() - wanted.keys():
            reader = self._readers.pop(sid)
            _stop(reader)
            reader.publication.set_subscribed(False)
        for sid, (publication, take) in wanted.items():
            reader = self._readers.get(sid, _Reader(publication))
            track = publication.track
            if reader.track is not track or reader.publication is not publication:
                _stop(reader)
                task = self._read(publication, track, take) if track else None
                reader = _Reader(publication, track, task)
            if track is None:
                publication.set_subscribed(True)
            self._readers[sid] = reader

    async def aclose(self) -> None:
        """Stop reading and wait until every stream is closed. Idempotent."""
        self._readers.clear()
        await self._tasks.aclose()

    def _read(
        self, publication: rtc.RemoteTrackPublication, track: rtc.Track, take: Take
    ) -> asyncio.Task[None]:
        async def read() -> None:
            stream: FrameStream | rtc.AudioStream
            if track.kind == rtc.TrackKind.KIND_VIDEO:
                stream = FrameStream(track)
            else:
                stream = rtc.AudioStream(
                    track, sample_rate=RATE, num_channels=1, capacity=SOUND_QUEUE
                )
            try:
                async for event in stream:
                    take(event)
            finally:
                await asyncio.shield(stream.aclose())

        return self._tasks.keep(f"reading the track {publication.name}", read)


def _stop(reader: _Reader) -> None:
    if reader.task:
        reader.task.cancel()
