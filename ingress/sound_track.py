"""The published sound of a source, in step with its picture."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from livekit import rtc

from config.tasks import Tasks
from ingress.reader.messages import Sound
from ingress.sound_buffer import RATE, SoundBuffer

log = logging.getLogger("pressbox.ingress")

QUEUE_MS = 100
"""What LiveKit holds at most. After a moment in which this machine was too busy it holds more than
it should, and goes on so: this bounds how late the sound then stays.
"""

FULL = 0.06
"""Seconds for a hand-over that say that LiveKit's queue was full: it is begun anew, in step."""

LOOK_AGAIN = 0.5
"""Seconds after which it is looked again what is due: the delay may have shrunk."""

PUBLISH_TIMEOUT = 10.0
HAND_OVER_TIMEOUT = 2.0
PUBLISH_AGAIN = 2.0


class SoundTrack:
    """`play` takes sound at any time; a task hands it over when it is due."""

    def __init__(self, name: str, *, stuck: Callable[[str], None]) -> None:
        """stuck: called with a line that says so when the room must be left and joined again."""
        self._name = name
        self._stuck = stuck
        self._room: rtc.Room | None = None
        self._buffer = SoundBuffer()
        self._news = asyncio.Event()
        self._tasks = Tasks(log.warning)
        self.error = ""
        """Why it is not heard at the moment, one line; "" for nothing."""

    def start(self) -> None:
        """Begin to hand over what comes."""
        self._tasks.keep(f"the track {self._name}", self._run)

    def entered(self, room: rtc.Room) -> None:
        """From now on there is a room; the track appears with the next sound."""
        self._room, self.error = room, ""

    def left(self) -> None:
        """The room is gone, and the track with it."""
        self._room = None
        self._buffer.clear()
        self._news.set()

    @property
    def hold(self) -> float:
        """Seconds that the picture has to wait for its sound."""
        return self._buffer.hold

    @property
    def late(self) -> float:
        """Seconds that the sound is behind a picture that does not wait for it."""
        return self._buffer.late

    def play(self, sound: Sound) -> None:
        """Take a piece; never waits."""
        if self._room is not None:
            self._buffer.push(sound, time.monotonic())
            self._news.set()

    async def aclose(self) -> None:
        """Stop and let go of the track. Idempotent."""
        self.left()
        await self._tasks.aclose()

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
                self.error = ""
                await self._stay(room, source)
            except TimeoutError:
                # A track may still appear, and nobody would own it.
                self._stuck(f"the track {self._name} is not taken in time")
            except Exception as error:  # LiveKit raises bare ones when a track is gone
                self.error = "the room does not take its sound, trying again"
                log.warning("%s: %s", self.error, str(error) or type(error).__name__)
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
            now = time.monotonic()
            if (wait := self._buffer.wait(now, source.queued_duration)) > 0:
                await asyncio.sleep(min(wait, LOOK_AGAIN))
                continue
            data = self._buffer.due(now, source.queued_duration)
            if data:
                frame = rtc.AudioFrame(data, RATE, 1, len(data) // 2)
                async with asyncio.timeout(HAND_OVER_TIMEOUT):
                    await source.capture_frame(frame)
                if time.monotonic() - now > FULL:
                    source.clear_queue()
