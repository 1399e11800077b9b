"""What a booth counts, for Prometheus: docs/metrics.md tells each name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sized
from typing import Any

from livekit.plugins.pressbox.commentator import Commentator, Line
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from agent.clock.display_clock import DisplayClock
from agent.picture.delayed_track import DelayedTrack
from agent.room.questions.question import Question
from agent.room.status import Status, StatusBoard
from agent.sound.commentary import LAG

EVERY = 1.0
"""Seconds between two looks at how the booth is."""
_APART = (0.01, 0.02, 0.04, 0.08, 0.125, 0.25, 0.5, 1.0, 2.0)
_SECONDS = (0.1, 0.2, 0.4, 0.8, 1.2, 1.6, 2.4, 3.2, 5.0, 8.0, 12.0, 20.0, 40.0)

CONDITIONS: dict[str, Callable[[Status], bool]] = {
    "open": lambda _: True,
    "watched": lambda status: status.watching,
    "behind": lambda status: status.behind,
    "source_lost": lambda status: status.lost,
    "engine_down": lambda status: status.engine == "down",
}
"""What may be so of a booth."""


class BoothMetrics:
    """One booth's numbers; those of all booths of a worker are added up in `job_metrics`."""

    def __init__(self, clock: DisplayClock) -> None:
        self.registry = CollectorRegistry()
        self._clock = clock
        self._begun = time.monotonic()
        self._unheard = True
        self._playing: Line | None = None
        self._known = 0, 0, 0
        ours: dict[str, Any] = {"namespace": "pressbox_booth", "registry": self.registry}
        summed: dict[str, Any] = {**ours, "multiprocess_mode": "livesum"}
        about = "Between a line's first sound and its picture as the booth sends them, either way"
        self._apart = Histogram("sync_error_seconds", about, buckets=_APART, **ours)
        about = "From a request, or for an answer its turn, to the first sound of its line"
        self._ready = Histogram("ready_seconds", about, ["kind"], buckets=_SECONDS, **ours)
        about = "From the booth's start to the first line that is heard"
        self._first = Histogram("first_sound_seconds", about, buckets=_SECONDS, **ours)
        about = "From a question to the first sound of its answer"
        self._answer = Histogram("answer_seconds", about, buckets=_SECONDS, **ours)
        about = "Lines that were heard to their end"
        self._spoken = Counter("lines_spoken", about, ["kind"], **ours)
        about = "Lines that were not, or not to their end; empty and repeat: held back by a gate"
        self._dropped = Counter("lines_dropped", about, ["kind", "reason"], **ours)
        self._lines = Counter("lines", "Lines that were begun", ["kind"], **ours)
        about = "Requests that were not made, as no picture was worth one: one an interval"
        saved = Counter("requests_saved", about, **ours)
        about = "Pictures left out since encoder (encoder) or LiveKit (room) did not take them"
        left_out = Counter("pictures_left_out", about, ["by"], **ours)
        self._followed = saved, left_out.labels("encoder"), left_out.labels("room")
        self._alerts = Counter("alerts", "Alerts told", ["severity"], **ours)
        about = "Questions and orders that are over, by how they ended"
        self._questions = Counter("questions", about, ["outcome"], **ours)
        self._waiting = Gauge("questions_waiting", "Questions that wait for their turn", **summed)
        about = "Who watches, those by HTTP too"
        self._viewers = Gauge("viewers", about, **summed)
        about = "By which the picture is late, of the booth where it is latest"
        self._delay = Gauge("delay_seconds", about, multiprocess_mode="livemax", **ours)
        about = "Booths of which this is so"
        self._booths = Gauge("condition", about, ["condition"], **summed)

    def changed(self, line: Line) -> None:
        """For `Lines.listen`."""
        if line.state == "made":
            self._lines.labels(line.kind).inc()
        elif line.state == "ready" and line.ready_at is not None and line.duration is None:
            self._ready.labels(line.kind).observe(line.ready_at - line.requested_at)
        elif line.state == "playing" and line is not self._playing:
            self._playing = line
            self._began(line)
        elif line.state == "ended":
            self._spoken.labels(line.kind).inc()
        elif line.state == "dropped":
            self._dropped.labels(line.kind, str(line.reason)).inc()

    def _began(self, line: Line) -> None:
        now = time.monotonic()
        if self._unheard:
            self._unheard = False
            self._first.observe(now - self._begun)
        if line.kind == "alert":
            self._alerts.labels(line.severity or "info").inc()
        elif not line.live and self._clock.target > 0:
            self._apart.observe(abs(now - LAG - self._clock.display_time(line.anchor)))

    def over(self, question: Question) -> None:
        """A question has got its answer, or will get none."""
        self._questions.labels(question.state.replace(" ", "_")).inc()
        if question.heard_at is not None:
            self._answer.observe(question.heard_at - question.asked_at)

    async def keep(
        self,
        board: StatusBoard,
        questions: Sized,
        commentator: Commentator[Any],
        delayed: DelayedTrack,
    ) -> None:
        """Look at these for ever; the questions are those that wait."""
        while True:
            self._look(board.status, len(questions))
            totals = commentator.occasions.saved, delayed.left_out, delayed.refused
            for counter, total, known in zip(self._followed, totals, self._known, strict=True):
                counter.inc(max(0, total - known))
            self._known = totals
            await asyncio.sleep(EVERY)

    def _look(self, status: Status, waiting: int) -> None:
        self._waiting.set(waiting)
        self._viewers.set(status.viewers)
        self._delay.set(status.delay)
        for name, is_so in CONDITIONS.items():
            self._booths.labels(name).set(is_so(status))
