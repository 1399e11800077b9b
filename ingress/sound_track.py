"""The published sound of a source, in step with its picture."""

from __future__ import annotations

import asyncio
import logging
import time

from livekit import rtc

from ingress.reader.messages import Sound
from ingress.sound_buffer import RATE, SoundBuffer

log = logging.getLogger("pressbox.ingress")

QUEUE_MS = 200

STEP = 0.04
"""Seconds between two looks at what is due: a few pieces at a time cost less."""

PUBLISH_TIMEOUT = 10.0
HAND_OVER_TIMEOUT = 2.0
PUBLISH_AGAIN = 2.0


class SoundTrack:
    """`play` takes sound at any time; a task hands it over when it is due."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._room: rtc.Room | None = None
        self._buffer = SoundBuffer()
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to hand over what comes."""
        self._task = asyncio.create_task(self._run(), name=f"relay.{self._name}")

    def entered(self, room: rtc.Room) -> None:
        """From now on there is a room; the track appears with the next sound."""
        self._room = room

    def left(self) -> None:
        """The room is gone, and the track with it."""
        self._room = None
        self._buffer.clear()
        self._news.set()

    def play(self, sound: Sound) -> None:
        """Take a piece; never waits."""
        if self._room is not None:
            self._buffer.push(sound, time.monotonic())
            self._news.set()

    async def aclose(self) -> None:
        """Stop and let go of the track. Idempotent."""
        self.left()
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            room = self._room
            if room is None or not self._buffer:
                continue
            source = rtc.AudioSource(RATE, 1, queue_size_ms=QUEUE_MS)
            try:
                await self._publish(room, source)
                await self._stay(room, source)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # LiveKit raises bare ones when a track is gone
                why = str(error) or "no answer in time"
                log.warning("the sound cannot be published, trying again: %s", why)
                await asyncio.sleep(PUBLISH_AGAIN)
            finally:
                await source.aclose()

    async def _publish(self, room: rtc.Room, source: rtc.AudioSource) -> None:
        track = rtc.LocalAudioTrack.create_audio_track(self._name, source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False)
        async with asyncio.timeout(PUBLISH_TIMEOUT):
            await room.local_participant.publish_track(track, options)

    async def _stay(self, room: rtc.Room, source: rtc.AudioSource) -> None:
        """Hands over what is due as long as this is the room."""
        while self._room is room:
            if not self._buffer:
                await self._news.wait()
                self._news.clear()
                continue
            data = self._buffer.due(time.monotonic(), source.queued_duration)
            if data:
                frame = rtc.AudioFrame(data, RATE, 1, len(data) // 2)
                async with asyncio.timeout(HAND_OVER_TIMEOUT):
                    await source.capture_frame(frame)
            await asyncio.sleep(STEP)
