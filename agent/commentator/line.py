"""A line: one utterance of the commentator."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal

Kind = Literal["commentary", "answer", "alert"]
DropReason = Literal["late", "empty", "interrupted", "error", "cancelled"]


@dataclass(slots=True, eq=False)
class Line:
    """One utterance and what is known of it so far. Times are ``time.monotonic()`` seconds.

    Attributes:
        id: Also the LiveKit message id of the line.
        kind: Why it is said.
        anchor: Capture time of the newest frame that the engine saw.
        requested_at: When the request left.
        ready_at: When the first sound was in (text-only lines: the first text).
        text: What is said; grows while the line is generated.
        duration: Seconds of speech, None while the line is generated, 0 for a text-only line.
        error: One line naming what cut the line short, None otherwise.
        started_at: When its consumer took the first sound, None until then.
        audio_seconds: Seconds of speech handed over so far.
        text_only: There is nothing to hear; known once it is ready.
    """

    id: str
    kind: Kind
    anchor: float
    requested_at: float
    ready_at: float | None = None
    text: str = ""
    duration: float | None = None
    error: str | None = None
    started_at: float | None = None
    audio_seconds: float = 0.0
    text_only: bool = False


def new_line(kind: Kind, *, anchor: float, requested_at: float) -> Line:
    """A line with a fresh id; both times in monotonic seconds."""
    return Line(
        id=f"line_{uuid.uuid4().hex[:12]}", kind=kind, anchor=anchor, requested_at=requested_at
    )
