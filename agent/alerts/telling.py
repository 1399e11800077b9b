"""Tells of a hit: aloud where somebody hears it, on `pressbox.line`, and by the webhook."""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Protocol

from livekit.plugins.pressbox.commentator import Line, Lines, SampledFrame, new_line
from livekit.plugins.pressbox.scene import Scene

from agent.alerts.webhook import Webhook
from agent.clock.unix_clock import UnixClock
from config.alert_rule import Rule
from config.tasks import Tasks

log = logging.getLogger("pressbox.alerts")

_STATES: tuple[Literal["waiting", "playing", "ended"], ...] = ("waiting", "playing", "ended")


class Voice(Protocol):
    """What of a `Commentator` alerts need."""

    lines: Lines
    scene: Scene

    def alert(self, text: str, instructions: str = "") -> Line:
        """Warn of something, now."""

    async def judge(self, question: str) -> str:
        """What the engine says of the newest pictures; "" for nothing."""

    @property
    def newest_frame(self) -> SampledFrame | None:
        """The newest sampled frame."""


class Telling:
    """Belongs to one booth. An alert that cannot be spoken is written all the same."""

    def __init__(
        self,
        voice: Voice,
        webhook: Webhook,
        unix: UnixClock,
        tasks: Tasks,
        *,
        room: str,
        source: Callable[[], str],
        heard: Callable[[], bool],
    ) -> None:
        """`source()` is the identity of what is watched; `heard()` whether anybody is there to
        hear.
        """
        self._voice = voice
        self._webhook = webhook
        self._unix = unix
        self._room = room
        self._source = source
        self._heard = heard
        self._tasks = tasks
        self._spoken: dict[str, tuple[Rule, str]] = {}

    def start(self) -> None:
        """Begin to look after what is spoken."""
        self._voice.lines.listen(self._line_changed)

    def stop(self) -> None:
        """What is under way is not written any more. Idempotent."""
        self._spoken.clear()

    def tell(self, rule: Rule, text: str, captured: float) -> None:
        """A rule has hit; `captured` (monotonic seconds) is the capture time of the picture."""
        log.info("%s alert of rule %s: %s", rule.severity, rule.name, text)
        self._post(rule, text, captured)
        if not self._heard():
            self._write(rule, text)
            return
        line = self._voice.alert(text)
        line.rule, line.severity = rule.name, rule.severity
        if line.over:
            self._write(rule, text)
        else:
            self._spoken[line.id] = (rule, text)

    def _line_changed(self, line: Line) -> None:
        if not line.over or line.id not in self._spoken:
            return
        rule, text = self._spoken.pop(line.id)
        if line.started_at is None:  # written, but not in the midst of another line's change
            self._tasks.once("an alert", self._write_later(rule, text))

    async def _write_later(self, rule: Rule, text: str) -> None:
        self._write(rule, text)

    def _write(self, rule: Rule, text: str) -> None:
        """A line without speech, begun and ended at once."""
        now = time.monotonic()
        line = new_line("alert", anchor=now, requested_at=now)
        line.text, line.text_only = text, True
        line.rule, line.severity = rule.name, rule.severity
        lines = self._voice.lines
        lines.add(line)
        lines.move(line, "ready")
        lines.complete(line)
        for state in _STATES:
            lines.move(line, state)

    def _post(self, rule: Rule, text: str, captured: float) -> None:
        frame = self._voice.newest_frame
        jpeg = base64.b64encode(frame.jpeg).decode("ascii") if frame else ""
        data = {
            "room": self._room,
            "source": self._source(),
            "rule": rule.name,
            "severity": rule.severity,
            "text": text,
            "capture_time": self._unix.seconds(captured),
            "snapshot": f"data:image/jpeg;base64,{jpeg}" if jpeg else "",
        }
        self._webhook.send(data, rule.severity, datetime.now(UTC).isoformat())
