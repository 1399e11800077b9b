"""The spans of a line, by OpenTelemetry's own SDK."""

from __future__ import annotations

import pytest
from livekit.plugins.pressbox.commentator import Kind, Lines, new_line
from livekit.plugins.pressbox.commentator.line_traces import LineTraces
from livekit.plugins.pressbox.engine import EngineRequest
from livekit.plugins.pressbox.engine.dialect import Traits, standard
from livekit.plugins.pressbox.engine.limits import Limits
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    made = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer", made.get_tracer)
    return made


def headers() -> dict[str, str]:
    """What an engine is sent now."""
    request = EngineRequest(kind="answer", messages=[])
    sent = standard("", near=True).arguments(request, "model", Limits(), Traits())
    return dict(sent.get("extra_headers", {}))


@pytest.mark.parametrize("kind", ["answer", "commentary"])
def test_a_line_is_one_span_with_its_parts_and_the_engine_is_told(
    provider: TracerProvider, kind: Kind
) -> None:
    kept = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    lines = Lines(lambda: next(times))
    traces = LineTraces(lines)
    times = iter((3.0, 4.0, 5.0, 9.0))  # ready, waiting, playing, ended
    line = new_line(kind, anchor=1.0, requested_at=1.0)
    with provider.get_tracer("test").start_as_current_span("question"):
        lines.add(line)
    with traces.within(line):
        sent = headers()["traceparent"]
    assert headers() == {}
    for state in ("ready", "waiting", "playing", "ended"):
        lines.move(line, state)
    spans: dict[str, ReadableSpan] = {one.name: one for one in kept.get_finished_spans()}
    whole = spans["line"]
    assert whole.context is not None
    assert sent.split("-")[1:3] == [
        f"{whole.context.trace_id:032x}",
        f"{whole.context.span_id:016x}",
    ]
    parent = spans["question"].context if kind == "answer" else None
    assert (whole.parent and whole.parent.span_id) == (parent and parent.span_id)
    for name, seconds in (("slot", 2.0), ("heard", 4.0)):
        part = spans[name]
        assert part.parent is not None
        assert part.parent.span_id == whole.context.span_id
        assert part.start_time is not None
        assert part.end_time is not None
        assert part.end_time - part.start_time == seconds * 1e9
