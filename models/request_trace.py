"""The span of one request in an engine, in the trace of who asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from config import tracing


class RequestTrace:
    """Costs nothing where no traces are wanted."""

    def __init__(self, headers: Mapping[str, str], model: str) -> None:
        """headers: of the request, among them `traceparent`."""
        self._span: Any = None
        if not tracing.is_on():
            return
        from opentelemetry import propagate, trace

        self._tracer = trace.get_tracer("pressbox.engine")
        self._span = self._tracer.start_span(
            f"chat {model}",
            propagate.extract({"traceparent": headers.get("traceparent", "")}),
            trace.SpanKind.SERVER,
            {"gen_ai.operation.name": "chat", "gen_ai.request.model": model},
        )
        self._queue = self._tracer.start_span("queue", trace.set_span_in_context(self._span))

    def served(self) -> None:
        """Its turn has come."""
        if self._span is not None:
            self._queue.end()

    def mark(self, name: str) -> None:
        """Something happened, such as the first token."""
        if self._span is not None:
            self._span.add_event(name)

    def end(self, outcome: str) -> None:
        """It is over; outcome as the metrics have it. Idempotent."""
        if self._span is None:
            return
        if self._queue.is_recording():
            self._queue.end()
        self._span.set_attribute("pressbox.outcome", outcome)
        self._span.end()
