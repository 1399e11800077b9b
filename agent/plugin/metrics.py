"""LiveKit's metrics of one line."""

from __future__ import annotations

import time

from livekit.agents.metrics import RealtimeModelMetrics
from livekit.agents.metrics.base import Metadata

from agent.commentator.utterance import Utterance


def line_metrics(
    utterance: Utterance, *, label: str, model: str, cancelled: bool, now: float
) -> RealtimeModelMetrics:
    """What a line took. ``now`` is the monotonic time in seconds at which it was made."""
    line, usage = utterance.line, utterance.usage
    duration = now - line.requested_at
    details = RealtimeModelMetrics
    return RealtimeModelMetrics(
        label=label,
        request_id=line.id,
        timestamp=time.time() - duration,
        duration=duration,
        ttft=-1 if line.ready_at is None else line.ready_at - line.requested_at,
        cancelled=cancelled,
        input_tokens=usage.prompt_tokens,
        output_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        tokens_per_second=usage.completion_tokens / duration if duration > 0 else 0.0,
        input_token_details=details.InputTokenDetails(),
        output_token_details=details.OutputTokenDetails(),
        metadata=Metadata(model_name=model, model_provider="pressbox"),
    )
