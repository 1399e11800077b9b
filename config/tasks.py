"""Background tasks that cannot die in silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

log = logging.getLogger("pressbox.tasks")

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds before a task that failed starts again: doubled each time, up to the last."""

CALM = 60.0
"""Seconds without a failure after which the wait is the first one again."""

Run = Callable[[], Coroutine[None, None, None]]
Tell = Callable[[str], None]


class Tasks:
    """The tasks of one owner, who ends them by `aclose`. Belongs to one event loop.

    A failure is logged with its traceback and told in one line of plain words, such as "the
    captions failed (RuntimeError) and start again".
    """

    def __init__(self, tell: Tell) -> None:
        """`tell(text)`: shows a failure to whoever watches; must not raise."""
        self._tell = tell
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, name: str, run: Run) -> asyncio.Task[None]:
        """Run `run()` until it returns or the owner closes; after a failure it starts again, with
        backoff. `name` says what it is to a person: "the captions".
        """
        return self._add(name, self._kept(name, run))

    def once(self, name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """Run `work` to its end, or until the owner closes."""
        task = self._add(name, self._tried(name, work))
        task.add_done_callback(lambda _: work.close())  # where it was cancelled before it began
        return task

    def __len__(self) -> int:
        """Tasks that are under way."""
        return len(self._tasks)

    async def aclose(self, grace: float = 0.0) -> None:
        """Cancel all of them and wait; those that end by themselves have `grace` seconds before.
        Idempotent.
        """
        if grace and self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _add(self, name: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _kept(self, name: str, run: Run) -> None:
        loop = asyncio.get_running_loop()
        wait = FIRST_WAIT
        while True:
            begun = loop.time()
            try:
                await run()
                return
            except Exception as error:
                if loop.time() - begun > CALM:
                    wait = FIRST_WAIT
                self._failed(f"{name} failed ({_kind(error)}) and starts again", error)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _tried(self, name: str, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception as error:
            self._failed(f"{name} failed ({_kind(error)})", error)

    def _failed(self, text: str, error: Exception) -> None:
        log.error("%s", text, exc_info=error)
        self._tell(text)


def _kind(error: Exception) -> str:
    """What a person is told: an exception's text may hold what is not for everybody."""
    return type(error).__name__
