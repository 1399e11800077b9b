"""What is asked of an engine, before any engine's own way of asking."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .chunks import Delta

Message = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineRequest:
    """One request.

    Attributes:
        messages: OpenAI chat messages.
        kind: What the answer is for, a line's kind; with ``room`` it orders the engine's queue.
        language: BCP 47 tag, for who speaks in the engine's place.
        audio: Speech is wanted.
        deadline: Seconds from now after which the engine may drop the request unserved.
        frame_times: Seconds of each picture relative to the anchor, at most 0.
        frame_objects: For each picture the objects in view, ``{"id", "name", "box"}``, None where
            nobody looked; empty: there is no detector.
    """

    messages: Sequence[Message]
    kind: str = "commentary"
    room: str = ""
    voice: str = ""
    language: str = "en"
    audio: bool = True
    max_tokens: int = 96
    deadline: float | None = None
    frame_times: Sequence[float] = ()
    frame_objects: Sequence[list[dict[str, Any]] | None] = ()


class Engine(Protocol):
    """What lines are asked of: an ``EngineClient``, or several behind one."""

    @property
    def speaks(self) -> bool | None:
        """Whether it gives speech; None: not known."""

    async def reach(self) -> None:
        """Check that it answers. Raises EngineError."""

    def stream(self, request: EngineRequest) -> AsyncGenerator[Delta, None]:
        """The answer, piece by piece; closing it cancels the request. Raises EngineError."""
