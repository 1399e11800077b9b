"""What the fakes of LiveKit do when they are called: a script of refusals and delays."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict, deque
from typing import Literal, get_args

Call = Literal[
    "publish_track",
    "unpublish_track",
    "set_attributes",
    "send_text",
    "publish_data",
    "publish_transcription",
    "stream_text",
    "write",
    "close",
    "capture_audio",
    "capture_video",
    "subscribe",
    "get_stats",
]

Step = BaseException | float | tuple[float, BaseException] | None
"""An exception is raised, seconds are waited (STALL: for ever), a pair is both one after the other,
None is plain success. For `capture_video`, which waits for nothing, 0.0 is a refusal.
"""

STALL = math.inf
REFUSED = 0.0


class Script:
    """One step a call, in turn; calls beyond the script do what `always` has said, or succeed."""

    def __init__(self) -> None:
        self._steps: defaultdict[str, deque[Step]] = defaultdict(deque)
        self._always: dict[str, Step] = {}

    def next(self, call: Call, *steps: Step) -> None:
        """The next calls do this, one step each."""
        self._check(call)
        self._steps[call].extend(steps)

    def always(self, call: Call, step: Step) -> None:
        """All calls that have no step of their own do this; None: they succeed again."""
        self._check(call)
        self._always[call] = step

    def take(self, call: Call) -> Step:
        """The step of a call that happens now."""
        steps = self._steps[call]
        return steps.popleft() if steps else self._always.get(call)

    async def run(self, call: Call) -> None:
        """Do what the step of a call that happens now says. Raises its exception."""
        step = self.take(call)
        seconds, error = step if isinstance(step, tuple) else (step, None)
        if isinstance(seconds, BaseException):
            raise seconds
        if seconds == STALL:
            await asyncio.get_running_loop().create_future()
        if seconds is not None:
            await asyncio.sleep(seconds)
        if error is not None:
            raise error

    @staticmethod
    def _check(call: str) -> None:
        if call not in get_args(Call):
            raise ValueError(f"no fake has a call {call!r}: one of {', '.join(get_args(Call))}")
