"""Commentary while the source is lost: true to the pictures before, silent about the marked one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agent.clock.booth_pacer import BoothPacer
from agent.clock.display_clock import DisplayClock
from agent.clock.waiting import sleep_until
from agent.plugin.realtime import RealtimeSession


class Silence:
    """Begins and ends with the marked picture."""

    def __init__(
        self, clock: DisplayClock, pacer: BoothPacer, plugin: Callable[[], RealtimeSession]
    ) -> None:
        self._clock = clock
        self._pacer = pacer
        self._plugin = plugin
        self._task: asyncio.Task[None] | None = None

    def begin(self, capture: float) -> None:
        """No more lines are asked for; what is ready may begin until the marked picture, taken at
        `capture` (monotonic seconds), is on display.
        """
        self._pacer.set_open(False)
        self._task = asyncio.create_task(self._fall_silent(capture), name="booth.silence")

    def end(self) -> None:
        """Pictures come again. What was before the gap and what comes after it must not be told as
        one story.
        """
        if self._task:
            self._task.cancel()
        self._plugin().resume()
        self._plugin().reset_window()

    async def aclose(self) -> None:
        """Stop waiting. Idempotent."""
        task, self._task = self._task, None
        if task:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _fall_silent(self, capture: float) -> None:
        await sleep_until(lambda: self._clock.display_time(capture))
        self._plugin().pause()
