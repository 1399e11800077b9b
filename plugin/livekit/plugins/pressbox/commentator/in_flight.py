"""The one request that is under way, and the line that comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from ..log import logger
from .line import Line, Lines


class InFlight:
    """Runs one request at a time. Dropping its line cancels it. Belongs to one event loop."""

    def __init__(self, lines: Lines) -> None:
        self.line: Line | None = None
        """What comes of the request; None: nothing, or not yet."""
        self._lines = lines
        self._task: asyncio.Task[None] | None = None
        lines.listen(self._line_changed)

    async def run(self, work: Coroutine[None, None, None], line: Line | None) -> str:
        """See a request to its end, however it ends: its line comes to a state of its own.

        Returns one line that tells of a mistake in this program, "" for none.
        """
        self.line = line
        task = self._task = asyncio.create_task(work, name="pressbox-request")
        await asyncio.wait({task})
        line, self.line = self.line, None
        failed = "" if task.cancelled() else told(task.exception())
        if line is not None and line.state == "made":
            self._lines.drop(line, "error" if failed else "cancelled", failed)
        return failed

    def cancel(self) -> None:
        """Break it off, once: a second time would break off how it ends."""
        task = self._task
        if task is not None and task is not asyncio.current_task() and not task.cancelling():
            task.cancel()

    async def aclose(self) -> None:
        """Break it off and wait. Idempotent."""
        self.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})

    def _line_changed(self, line: Line) -> None:
        if line.over and line is self.line:
            self.cancel()


def told(error: BaseException | None) -> str:
    """Log a mistake in this program; one line that tells of it, "" for none."""
    if error is None:
        return ""
    text = f"the commentary failed ({type(error).__name__}) and goes on"
    logger.error("%s", text, exc_info=error)
    return text
