"""The track `commentary`: plays each line from its slot on, in pieces small enough to stop at
once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable

from livekit import rtc
from livekit.agents.voice import io

from agent.clock.waiting import sleep_until
from agent.commentator.line import Line
from agent.sound.captions import caption

log = logging.getLogger("pressbox.voice")

SAMPLE_RATE = 24_000
QUEUE_MS = 60
"""Sound that the track holds ahead: what is heard after an interruption, and what bridges a late
wake-up.
"""

MAX_BUFFERED = 60.0
"""Seconds of one line kept here at most; an engine that says more is cut."""

LINE_KEY = "pressbox.line"
"""Key in the first audio frame's `userdata` under which the plugin hands over the line."""


class CommentaryTrack(io.AudioOutput):
    """An `AudioOutput` for `AgentSession` that needs no viewer and starts each line at its slot.

    `start_time(line)` says when (monotonic seconds) and is asked again while it waits, since the
    delay may slew. `on_started(line)` and `on_ended(line, interrupted)` are called
    on the event loop.
    """

    def __init__(
        self,
        room: rtc.Room,
        *,
        start_time: Callable[[Line], float],
        on_started: Callable[[Line], None],
        on_ended: Callable[[Line, bool], None],
    ) -> None:
        super().__init__(
            label="Commentary",
            capabilities=io.AudioOutputCapabilities(pause=False),
            sample_rate=SAMPLE_RATE,
        )
        self._room = room
        self._start_time = start_time
        self._on_started = on_started
        self._on_ended = on_ended
        self._source = rtc.AudioSource(SAMPLE_RATE, 1, queue_size_ms=QUEUE_MS)
        self._track = rtc.LocalAudioTrack.create_audio_track("commentary", self._source)
        self._frames: deque[rtc.AudioFrame] = deque()
        self._buffered = 0.0
        self._flushed = False
        self._changed = asyncio.Event()
        self._player: asyncio.Task[None] | None = None
        self._line: Line | None = None
        self._played = 0.0

    async def start(self) -> None:
        """Publish the track. Raises TimeoutError or PublishTrackError."""
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        publish = self._room.local_participant.publish_track(self._track, options)
        await asyncio.wait_for(publish, timeout=10)

    @property
    def sid(self) -> str:
        """The track's sid."""
        return self._track.sid

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take a frame (24 kHz mono int16); the first one of a line brings the line along."""
        if self._player and self._flushed:
            await self.wait_for_playout()
        await super().capture_frame(frame)
        if self._player is None:
            self._line = frame.userdata.get(LINE_KEY)
            self._played = 0.0
            self._player = asyncio.create_task(self._play(), name="commentary.play")
        if self._buffered + frame.duration > MAX_BUFFERED:
            return
        self._frames.append(frame)
        self._buffered += frame.duration
        self._changed.set()

    def flush(self) -> None:
        """The line is complete."""
        super().flush()
        self._flushed = self._player is not None
        self._changed.set()

    def clear_buffer(self) -> None:
        """Fall silent now."""
        if self._player is None:
            return
        self._player.cancel()
        heard = max(self._played - self._source.queued_duration, 0.0)
        self._source.clear_queue()
        self._finish(heard, interrupted=True)

    async def aclose(self) -> None:
        """Stop and release the track. Idempotent."""
        self.clear_buffer()
        await self._source.aclose()

    async def _play(self) -> None:
        line = self._line
        if line:
            await sleep_until(lambda: self._start_time(line))
        self.on_playback_started(created_at=time.time())
        if line:
            self._on_started(line)
        while True:
            if self._frames:
                frame = self._frames.popleft()
                self._buffered -= frame.duration
                self._played += frame.duration
                await self._source.capture_frame(frame)
            elif self._flushed:
                break
            else:
                self._changed.clear()
                await self._changed.wait()
        await asyncio.sleep(self._source.queued_duration)
        self._finish(self._played, interrupted=False)

    def _finish(self, heard: float, *, interrupted: bool) -> None:
        line, self._line = self._line, None
        self._player = None
        self._frames.clear()
        self._buffered = 0.0
        self._flushed = False
        if line:
            self._on_ended(line, interrupted)
        self.on_playback_finished(
            playback_position=heard,
            interrupted=interrupted,
            synchronized_transcript=caption(line, heard, not interrupted) if line else None,
        )
