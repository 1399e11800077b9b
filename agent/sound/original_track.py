"""The track `original`: the source's own sound, held for the same delay as its picture."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

import numpy as np
import numpy.typing as npt
from livekit import rtc
from livekit.rtc.participant import PublishTrackError

from agent.clock.display_clock import DisplayClock
from agent.clock.waiting import LOOK_AGAIN
from agent.picture.hold import MAX_SECONDS

log = logging.getLogger("pressbox.original")

SAMPLE_RATE = 48_000
QUEUE_MS = 100
LEAD = 0.04
"""Seconds of sound handed over early, so that the track never runs dry between two wake-ups."""


def stretch(samples: npt.NDArray[np.int16], ratio: float) -> npt.NDArray[np.int16]:
    """Resample mono int16 `samples` to `ratio` times their number, linearly.

    The delay slews by 5 % at most; linear interpolation is inaudible for so small a change of
    speed.
    """
    count = round(len(samples) * ratio)
    if count == len(samples):
        return samples
    positions = np.linspace(0, len(samples) - 1, max(count, 1))
    return np.interp(positions, np.arange(len(samples)), samples).astype(np.int16)


class OriginalTrack:
    """Holds sound and publishes it; the track appears when the first sound is due."""

    def __init__(self, room: rtc.Room, clock: DisplayClock) -> None:
        self._room = room
        self._clock = clock
        self._held: deque[tuple[float, rtc.AudioFrame]] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._source: rtc.AudioSource | None = None

    def start(self) -> None:
        """Begin to release what is pushed."""
        self._task = asyncio.create_task(self._release(), name="original.release")

    def push(self, frame: rtc.AudioFrame, received: float) -> None:
        """Hold one frame (48 kHz mono int16) whose last sample arrived at `received` (monotonic
        seconds).
        """
        self._held.append((received - frame.duration, frame))
        while self._held[-1][0] - self._held[0][0] > MAX_SECONDS:
            self._held.popleft()
        self._arrived.set()

    async def aclose(self) -> None:
        """Stop and release the track. Idempotent."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        source, self._source = self._source, None
        if source:
            await source.aclose()

    async def _release(self) -> None:
        while True:
            if not self._held:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            capture, frame = self._held[0]
            wait = self._clock.display_time(capture) - LEAD - time.monotonic()
            if wait > 0:
                await asyncio.sleep(min(wait, LOOK_AGAIN))
                continue
            self._held.popleft()
            await self._play(capture, frame)

    async def _play(self, capture: float, frame: rtc.AudioFrame) -> None:
        source = self._source or await self._open()
        if source is None or source.queued_duration > QUEUE_MS / 1000:
            return
        shown = self._clock.display_time(capture + frame.duration) - self._clock.display_time(
            capture
        )
        samples = stretch(np.frombuffer(frame.data, np.int16), shown / frame.duration)
        await source.capture_frame(rtc.AudioFrame(samples.tobytes(), SAMPLE_RATE, 1, len(samples)))

    async def _open(self) -> rtc.AudioSource | None:
        source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=QUEUE_MS)
        track = rtc.LocalAudioTrack.create_audio_track("original", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_SCREENSHARE_AUDIO)
        try:
            await asyncio.wait_for(
                self._room.local_participant.publish_track(track, options), timeout=10
            )
        except (TimeoutError, PublishTrackError) as error:
            log.warning("the source's sound could not be published, trying again: %s", error)
            await source.aclose()
            return None
        self._source = source
        return source
