"""The track `original`: the source's own sound, held for the same delay as its picture."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque

import numpy as np
import numpy.typing as npt
from livekit import rtc

from agent.clock.display_clock import LOOK_AGAIN, DisplayClock
from agent.picture.hold import MAX_SECONDS
from agent.room.room import Room
from agent.sound.sound_track import PublishSound, SoundTrack
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.original")

SAMPLE_RATE = 48_000
QUEUE_MS = 100
LEAD = 0.04
"""Seconds of sound handed over early, so that the track never runs dry between two wake-ups."""

LATE = 0.1
"""Seconds after its picture at which a piece of sound is left out."""

MOST_HELD = round(MAX_SECONDS / 0.01)
"""Pieces; LiveKit hands over 10 ms each."""

TRY_AGAIN = 5.0
"""Seconds between two tries to publish the track."""

MOST_REFUSED = 100
"""Pieces in a row that LiveKit may refuse before the track is made anew."""


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


class RefusedError(Exception):
    """LiveKit takes no sound of this track any more."""


class OriginalTrack:
    """Holds sound and publishes it; the track appears when the first sound is due."""

    def __init__(
        self, room: Room, publish: PublishSound, clock: DisplayClock, *, tell: Tell
    ) -> None:
        """`publish` opens the track."""
        self._room = room
        self._publish = publish
        self._clock = clock
        self._tasks = Tasks(tell)
        self._held: deque[tuple[float, rtc.AudioFrame]] = deque(maxlen=MOST_HELD)
        self._arrived = asyncio.Event()
        self._track: SoundTrack | None = None
        self._next_try = 0.0
        self._refused = 0

    def start(self) -> None:
        """Begin to release what is pushed."""
        self._tasks.keep("the source's sound", self._run)

    def push(self, frame: rtc.AudioFrame, received: float) -> None:
        """Hold one frame (48 kHz mono int16) whose last sample arrived at `received` (monotonic
        seconds).
        """
        self._held.append((received - frame.duration, frame))
        while self._held[-1][0] - self._held[0][0] > MAX_SECONDS:
            self._held.popleft()
        self._arrived.set()

    async def aclose(self) -> None:
        """Stop and withdraw the track. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        try:
            await self._release()
        finally:
            await self._withdraw()

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
            track = self._track or await self._open()
            if track and self._clock.display_time(capture) - time.monotonic() > -LATE:
                await self._play(track, capture, frame)

    async def _play(self, track: SoundTrack, capture: float, frame: rtc.AudioFrame) -> None:
        if track.queued > QUEUE_MS / 1000:
            return
        begins = self._clock.display_time(capture)
        shown = self._clock.display_time(capture + frame.duration) - begins
        samples = stretch(np.frombuffer(frame.data, np.int16), shown / frame.duration)
        try:
            await track.take(samples.tobytes())
            self._refused = 0
        except Exception as error:  # a bare one: "InvalidState"; it costs this piece
            self._refused += 1
            log.debug("a piece of sound was refused: %s", error)
            if self._refused >= MOST_REFUSED:
                raise RefusedError(str(error)) from error

    async def _open(self) -> SoundTrack | None:
        """Publish the track; None: not now."""
        if time.monotonic() < self._next_try or not self._room.isconnected():
            return None
        self._next_try = time.monotonic() + TRY_AGAIN
        self._refused = 0
        try:
            self._track = await self._publish("original", SAMPLE_RATE, QUEUE_MS)
        except Exception as error:  # PublishTrackError, or LiveKit's bare one
            why = str(error) or type(error).__name__
            log.warning("the source's sound could not be published, trying again: %s", why)
        return self._track

    async def _withdraw(self) -> None:
        track, self._track = self._track, None
        if track:
            await track.aclose()
