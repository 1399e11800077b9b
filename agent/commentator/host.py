"""What the loop needs of the session it works for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from agent.commentator.engine.client import EngineError
from agent.commentator.engine.health import EngineState
from agent.commentator.line import DropReason, Line
from agent.commentator.pacer import Pacer
from agent.commentator.prompt import Message
from agent.commentator.utterance import Utterance
from agent.commentator.window import SampledFrame


class Host(Protocol):
    """The session, as the loop sees it. Nothing here may block or raise."""

    def messages(
        self, frames: Sequence[SampledFrame], text: str, instructions: str, sound: bytes
    ) -> list[Message]:
        """The messages of a request that asks for ``text`` about these pictures, or what is asked
        in ``sound`` (16 kHz mono int16; empty: nothing).
        """

    def line_ready(self, line: Line) -> None:
        """A line has its first sound and will be said."""

    def line_dropped(self, line: Line, reason: DropReason) -> None:
        """A line will not be said."""

    def line_emitted(self, utterance: Utterance, *, user_initiated: bool) -> None:
        """A line is to be said now."""

    def line_made(self, utterance: Utterance, *, cancelled: bool) -> None:
        """A line was generated to its end, or will not be generated any further."""

    def engine_changed(self, state: EngineState) -> None:
        """The engine went up or down."""

    def engine_failed(self, error: EngineError) -> None:
        """A failure that is news."""

    def engine_notice(self, text: str) -> None:
        """Something that whoever watches should know, in one line; it may come again and again."""


def drop(utterance: Utterance, reason: DropReason, *, pacer: Pacer, host: Host) -> None:
    """Give a line up that nobody has heard yet, and tell whom it concerns. Idempotent."""
    if utterance.dropped is None:
        utterance.drop(reason)
        pacer.dropped(utterance.line, reason)
        host.line_dropped(utterance.line, reason)
