"""Spans of each line, for whoever has set a tracer provider; without one they cost nothing."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.context import Context

from .line import Line, Lines

NAME = "livekit.plugins.pressbox"


class LineTraces:
    """One span a line, from its beginning to its end, and in it the wait for its slot and what was
    heard. That of an answer belongs to the span that was current when it was asked for.
    """

    def __init__(self, lines: Lines) -> None:
        self._tracer = trace.get_tracer(NAME)
        self._spans: dict[Line, trace.Span] = {}
        lines.listen(self._changed)

    def within(self, line: Line) -> AbstractContextManager[trace.Span]:
        """What is asked of an engine in here belongs to that line's trace."""
        span = self._spans.get(line, trace.INVALID_SPAN)
        return trace.use_span(span, record_exception=False, set_status_on_exception=False)

    def _changed(self, line: Line) -> None:
        if line.state == "made" and line not in self._spans:
            about = {"pressbox.kind": line.kind, "pressbox.line": line.id}
            parent = None if line.kind == "answer" else Context()
            self._spans[line] = self._tracer.start_span("line", parent, attributes=about)
        if not line.over:
            return
        span = self._spans.pop(line, trace.INVALID_SPAN)
        if not span.is_recording():
            return
        self._stretch(span, "slot", line.ready_at, line.started_at)
        self._stretch(span, "heard", line.started_at, line.ended_at)
        if line.reason:
            span.set_attribute("pressbox.dropped", line.reason)
        span.end()

    def _stretch(self, span: trace.Span, name: str, since: float | None, to: float | None) -> None:
        """A part of it that is over; monotonic seconds."""
        if since is None or to is None:
            return
        unix = time.time_ns() - time.monotonic_ns()
        context = trace.set_span_in_context(span)
        part = self._tracer.start_span(name, context, start_time=unix + round(since * 1e9))
        part.end(unix + round(to * 1e9))
