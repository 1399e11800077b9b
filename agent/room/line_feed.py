"""The text stream `pressbox.line`: one JSON object when a line starts and one when it ends."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import deque
from typing import Literal, NotRequired, TypedDict

from livekit.plugins.pressbox.commentator import DropReason, Kind, Line

from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.room.questions.question import shown_name
from agent.room.room import Room
from config.agent_name import LINE_TOPIC
from config.tasks import Tasks, Tell

log = logging.getLogger("pressbox.line")

WAITING = 64
"""Messages that may wait for the room; beyond that the oldest goes."""

SEND_TIMEOUT = 5.0

KEPT = 200
"""Lines that are over and are kept for those who come late."""


Phase = Literal["start", "end"]


class LineMessage(TypedDict):
    """The JSON object of one line.

    Attributes:
        id: The same at start and end, in captions, and as `pressbox.ask` gave it for an answer.
        kind: What it is.
        phase: `start` when it begins to be heard or shown, `end` when it is over; a line that is
            dropped before has an end only.
        text: What is said; at the end of one that was broken off, what was heard of it.
        partial: It is still being made: the text is what there is so far. Else not there.
        capture_time: Unix seconds, by the agent's clock: of the newest picture that it is about.
        display_time: Unix seconds: when that picture is on display in `delayed`.
        spoken: It was, or is, to be heard; false for one that is text only.
        dropped: Why nothing, or nothing more, is said of it; see below.
        question: Of an answer: what was asked, empty where it was only spoken.
        asker: Of an answer: identity of who asked.
        asker_name: Of an answer: what that one is called, in at most 40 characters; empty for none.
        rule: Of an alert: the name of its rule.
        severity: Of an alert: info, warning or critical.
    """

    id: str
    kind: Kind
    phase: Phase
    text: str
    partial: NotRequired[bool]
    capture_time: float
    display_time: float
    spoken: bool
    dropped: DropReason | None
    question: NotRequired[str]
    asker: NotRequired[str]
    asker_name: NotRequired[str]
    rule: NotRequired[str]
    severity: NotRequired[str]


def describe(line: Line, phase: Phase, unix: UnixClock, display_time: float) -> LineMessage:
    """`display_time`: monotonic seconds at which its anchor is on display."""
    described: LineMessage = {
        "id": line.id,
        "kind": line.kind,
        "phase": phase,
        "text": line.said if line.reason and line.said else line.text.strip(),
        "capture_time": unix.seconds(line.anchor),
        "display_time": unix.seconds(display_time),
        "spoken": line.started_at is not None and not line.text_only,
        "dropped": line.reason,
    }
    if line.duration is None:
        described["partial"] = True
    if line.kind == "answer":
        described["question"] = line.question
        described["asker"], described["asker_name"] = line.asker, shown_name(line.asker_name)
    if line.kind == "alert":
        described["rule"], described["severity"] = line.rule, line.severity
    return described


class LineFeed:
    """Publishes lines to the room and writes them to the log as they are spoken."""

    def __init__(self, room: Room, clock: DisplayClock, unix: UnixClock, tell: Tell) -> None:
        self._room = room
        self._clock = clock
        self._unix = unix
        self._tasks = Tasks(tell)
        self._waiting: asyncio.Queue[tuple[str, list[str] | None]] = asyncio.Queue(WAITING)
        self._playing: Line | None = None
        self.told: deque[LineMessage] = deque(maxlen=KEPT)
        """What is over and was begun, or was an answer or alert, oldest first."""

    def start(self) -> None:
        """Begin to publish."""
        self._tasks.keep("the feed of lines", self._send_each)

    def changed(self, line: Line) -> None:
        """For `Lines.listen`."""
        if line.over:
            self._over(line)
        elif line.state == "playing" and line is not self._playing:
            self._playing = line
            delay = self._clock.display_time(line.anchor) - line.anchor
            said = (line.kind, delay, line.text.strip())
            log.info("%s, %.1f s behind live: %s", *said, extra={"line": line.id})
            self._publish(line, "start")

    @property
    def heard(self) -> float:
        """Seconds of what plays at the moment; 0 for nothing."""
        begun = self._playing.started_at if self._playing else None
        return 0.0 if begun is None else time.monotonic() - begun

    def catch_up(self, identity: str) -> None:
        """Tell the start of what plays at the moment again, to this participant alone."""
        if self._playing and self._waiting.qsize() < WAITING // 2:
            self._publish(self._playing, "start", [identity])

    async def aclose(self) -> None:
        """Stop, and leave out what was not sent. Idempotent."""
        await self._tasks.aclose()

    def _over(self, line: Line) -> None:
        if line.reason == "empty" and line.kind != "answer":
            return  # the engine saw nothing worth a word, as it was asked to tell
        if line.reason:
            text = line.text.strip() or "nothing yet"
            said = (line.kind, line.reason, text)
            log.info("%s dropped (%s): %s", *said, extra={"line": line.id})
        if line is self._playing:
            self._playing = None
        message = self._publish(line, "end")
        if line.started_at is not None or line.live:
            self.told.append(message)

    def _publish(self, line: Line, phase: Phase, to: list[str] | None = None) -> LineMessage:
        """To everybody, or to these alone."""
        message = describe(line, phase, self._unix, self._clock.display_time(line.anchor))
        if self._waiting.full():
            self._waiting.get_nowait()
            log.warning("the room does not take lines, one was left out")
        self._waiting.put_nowait((json.dumps(message), to))
        return message

    async def _send_each(self) -> None:
        while True:
            text, to = await self._waiting.get()
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    us = self._room.local_participant
                    await us.send_text(text, topic=LINE_TOPIC, destination_identities=to)
            except Exception as error:  # LiveKit raises a bare one; it costs this message only
                if self._room.isconnected():
                    log.warning("a line was not sent: %s", str(error) or type(error).__name__)
