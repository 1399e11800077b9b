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
    told = [f"prompt.{kind}_tokens" for kind in ("image", "audio")]
    pictures_and_sound = [line.token_details.get(name, 0) for name in told]
    speech = line.token_details.get("completion.audio_tokens", 0)
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
        input_token_details=RealtimeModelMetrics.InputTokenDetails(
            text_tokens=line.prompt_tokens - sum(pictures_and_sound) if line.token_details else 0,
            image_tokens=pictures_and_sound[0],
            audio_tokens=pictures_and_sound[1],
            cached_tokens=line.token_details.get("prompt.cached_tokens", 0),
        ),
        output_token_details=RealtimeModelMetrics.OutputTokenDetails(
            text_tokens=line.completion_tokens - speech if line.token_details else 0,
            audio_tokens=speech,
        ),
        metadata=Metadata(model_name=model, model_provider="pressbox"),
    )
