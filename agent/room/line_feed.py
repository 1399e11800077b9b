"""The text stream `pressbox.line`: one JSON object when a line starts and one when it ends."""

from __future__ import annotations

import json
import logging
from typing import Literal

from livekit import rtc

from agent.clock.unix_clock import UnixClock
from agent.commentator.line import Line
from agent.room.sender import Sender

log = logging.getLogger("pressbox.line")

TOPIC = "pressbox.line"


def describe(
    line: Line,
    phase: Literal["start", "end"],
    unix: UnixClock,
    *,
    display_time: float,
    spoken: bool,
    dropped: str | None,
) -> dict[str, object]:
    """The JSON object of one line; `display_time` (monotonic seconds) is when its anchor is on
    display.
    """
    return {
        "id": line.id,
        "kind": line.kind,
        "phase": phase,
        "text": line.text.strip(),
        "capture_time": unix.seconds(line.anchor),
        "display_time": unix.seconds(display_time),
        "spoken": spoken,
        "dropped": dropped,
    }


class LineFeed:
    """Publishes lines to the room and writes them to the log as they are spoken."""

    def __init__(self, room: rtc.Room, unix: UnixClock) -> None:
        self._room = room
        self._unix = unix
        self._sender = Sender("lines")

    def start(self) -> None:
        """Begin to publish."""
        self._sender.start()

    def started(self, line: Line, display_time: float, *, spoken: bool) -> None:
        """A line begins to be heard, or to be shown where it is not spoken."""
        delay = display_time - line.anchor
        log.info("%s, %.1f s behind live: %s", line.kind, delay, line.text.strip())
        self._publish(line, "start", display_time, spoken=spoken, dropped=None)

    def ended(self, line: Line, display_time: float, *, spoken: bool, dropped: str | None) -> None:
        """A line has ended; `dropped` says why if it was not said to its end."""
        if dropped == "empty" and line.kind != "answer":
            return  # the engine saw nothing worth a word, as it was asked to tell
        if dropped:
            log.info("%s dropped (%s): %s", line.kind, dropped, line.text.strip() or "nothing yet")
        self._publish(line, "end", display_time, spoken=spoken, dropped=dropped)

    async def aclose(self) -> None:
        """Stop publishing. Idempotent."""
        await self._sender.aclose()

    def _publish(
        self,
        line: Line,
        phase: Literal["start", "end"],
        display_time: float,
        *,
        spoken: bool,
        dropped: str | None,
    ) -> None:
        text = json.dumps(
            describe(
                line, phase, self._unix, display_time=display_time, spoken=spoken, dropped=dropped
            )
        )
        self._sender.put(lambda: self._room.local_participant.send_text(text, topic=TOPIC))
