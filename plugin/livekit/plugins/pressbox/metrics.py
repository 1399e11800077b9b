"""LiveKit's metrics of one line."""

from __future__ import annotations

import time

from livekit.agents.metrics import RealtimeModelMetrics
from livekit.agents.metrics.base import Metadata

from .commentator.line import Line


def line_metrics(line: Line, *, label: str, model: str) -> RealtimeModelMetrics:
    """What a line took that is over."""
    now = time.monotonic()
    duration = (line.completed_at or now) - line.requested_at
    details = RealtimeModelMetrics
    return RealtimeModelMetrics(
        label=label,
        request_id=line.id,
        timestamp=time.time() - (now - line.requested_at),
        duration=duration,
        ttft=-1 if line.ready_at is None else line.ready_at - line.requested_at,
        cancelled=line.reason in ("interrupted", "cancelled"),
        input_tokens=line.prompt_tokens,
        output_tokens=line.completion_tokens,
        total_tokens=line.prompt_tokens + line.completion_tokens,
        tokens_per_second=line.completion_tokens / duration if duration > 0 else 0.0,
        input_token_details=details.InputTokenDetails(),
        output_token_details=details.OutputTokenDetails(),
        metadata=Metadata(model_name=model, model_provider="pressbox"),
    )
