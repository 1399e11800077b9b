"""What a viewer has seen, heard and read. Times are monotonic seconds unless they say otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.burnt_clock import Burnt


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A decoded frame: user_timestamp in microseconds of Unix time, None without metadata.

    light: mean of its luma, 16..235; colour: mean distance of its chroma from grey, 0..128.
    """

    received: float
    user_timestamp: int | None
    frame_id: int | None
    width: int
    height: int
    burnt: Burnt | None
    light: float = 0.0
    colour: float = 0.0


@dataclass(frozen=True, slots=True)
class LineMessage:
    """One `pressbox.line` object as it came; capture_time, display_time in Unix seconds. more: what
    lines of its kind have on top, such as question and asker.
    """

    received: float
    id: str
    kind: str
    phase: str
    text: str
    capture_time: float
    display_time: float
    spoken: bool
    dropped: str | None
    more: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, received: float) -> LineMessage:
        """Raises ValueError, KeyError or TypeError when it is not as documented."""
        found: dict[str, Any] = json.loads(text)
        more = {name: found.pop(name) for name in set(found) - cls.__dataclass_fields__.keys()}
        return cls(received=received, more=more, **found)

    @property
    def timestamp(self) -> int:
        """Its capture time as frames carry it, in microseconds."""
        return round(self.capture_time * 1_000_000)


@dataclass(frozen=True, slots=True)
class Caption:
    """One piece of an `lk.transcription` stream."""

    received: float
    stream_id: str
    text: str
    attributes: dict[str, str]
