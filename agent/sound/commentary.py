"""The track `commentary`: each line from its slot on, in pieces small enough to stop at once."""

from __future__ import annotations

import asyncio
import logging
import time

from livekit.plugins.pressbox.audio import FRAME_SECONDS, SAMPLE_RATE
from livekit.plugins.pressbox.commentator import Line, Output

from agent.clock.display_clock import LOOK_AGAIN
from agent.room.succession import Turn
from agent.sound.sound_track import PublishSound, SoundTrack
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.voice")

AT_ONCE = 2
"""Pieces of 20 ms that are handed over together: half the calls into LiveKit."""

QUEUE_MS = 80
"""Sound that the track holds ahead: what is heard after an interruption, and what bridges a late
wake-up.
"""

LAG = -0.03
"""Seconds by which a line is heard after its slot; negative: before.

Sound and picture take different ways to a viewer (buffers, decoders). Measured at a subscriber with
`make bench`: started together, sound came 0.015 to 0.042 s after its frame in the median of a run.
"""

MOST_REFUSED = 25
"""Pieces of sound in a row, a second, that LiveKit may refuse before the track is made anew."""


class RefusedError(Exception):
    """LiveKit takes no sound of this track any more."""


class Commentary:
    """Plays the commentator's lines, one after another: the only one who moves a line on from
    `waiting`. What it finds dropped falls silent at once.
    """

    def __init__(
        self, publish: PublishSound, commentator: Output, *, turn: Turn | None = None, tell: Tell
    ) -> None:
        """`publish` opens the track; nothing is said before the `turn`."""
        self._publish = publish
        self._commentator = commentator
        self._lines = commentator.lines
        self._tasks = Tasks(tell)
        self._track: SoundTrack | None = None
        self._playing: tuple[Line, SoundTrack] | None = None
        self._lines.listen(self._line_changed)
        self._refused = 0
        self._turn = turn or Turn()
        self._finished = False

    @property
    def sid(self) -> str:
        """The track's; "" for none."""
        return self._track.sid if self._track else ""

    def start(self) -> None:
        """Publish the track and begin to play."""
        self._tasks.keep("the voice", self._run)

    async def finish(self) -> None:
        """Let the running line end, and none follow it."""
        self._finished = True
        for line in self._lines:
            if line.state != "playing":
                self._lines.drop(line, "interrupted")
        while any(line.state == "playing" for line in self._lines):
            await self._commentator.change()

    async def aclose(self) -> None:
        """Stop and release the track. Idempotent."""
        await self._tasks.aclose()

    async def _run(self) -> None:
        track = None
        try:
            track = self._track = await self._publish("commentary", SAMPLE_RATE, QUEUE_MS)
            async for line in self._commentator:
                await self._say(line, track)
        except Exception:
            for line in self._lines:
                if line.state in ("waiting", "playing"):
                    self._lines.drop(line, "error", "the voice failed")
            raise
        finally:
            self._playing = None
            if track:
                await track.aclose()

    async def _say(self, line: Line, track: SoundTrack) -> None:
        await self._turn.take()
        if self._finished:
            self._lines.drop(line, "interrupted")
        if not await self._commentator.until_start(line, 0.0 if line.live else LAG):
            return
        self._lines.move(line, "playing")
        if line.text_only:
            await self._show(line)
        else:
            await self._play(line, track)

    async def _show(self, line: Line) -> None:
        """A line that is not spoken lasts as long as reading it takes."""
        begun = time.monotonic()
        while line.state == "playing":
            left = LOOK_AGAIN if line.length is None else begun + line.length - time.monotonic()
            if left <= 0:
                self._lines.move(line, "ended")
            else:
                await self._commentator.change(left)

    async def _play(self, line: Line, track: SoundTrack) -> None:
        self._playing = line, track
        while line.state == "playing":
            if line.speech:
                pieces = [line.speech.popleft() for _ in range(min(AT_ONCE, len(line.speech)))]
                await self._hand_over(b"".join(pieces), track)
            elif line.duration is None:
                await self._commentator.change()
            elif (left := track.queued) > 0:
                await self._commentator.change(left)
            else:
                self._lines.move(line, "ended")

    def _line_changed(self, line: Line) -> None:
        """What is dropped while it plays falls silent now, not when LiveKit next wants sound."""
        if line.state == "dropped" and self._playing and line is self._playing[0]:
            self._playing[1].clear()

    async def _hand_over(self, pcm: bytes, track: SoundTrack) -> None:
        """A piece that LiveKit refuses twice is lost, and costs nothing else. Raises RefusedError
        when that goes on.
        """
        for _ in range(2):
            try:
                await track.take(pcm)
                self._refused = 0
                return
            except Exception as error:  # a bare "InvalidState", as around an interruption
                log.debug("a piece of sound was refused: %s", error)
                await asyncio.sleep(FRAME_SECONDS / 2)
        self._refused += 1
        if self._refused >= MOST_REFUSED:
            self._refused = 0
            raise RefusedError
