from __future__ import annotations

import asyncio
import time

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, new_line
from livekit.plugins.pressbox.commentator.in_flight import InFlight

from tests.support.virtual_time import virtual


class Office:
    """Somebody who runs requests that take long, also to end."""

    def __init__(self) -> None:
        self.lines = Lines(lambda: time.monotonic())
        self.in_flight = InFlight(self.lines)
        self.tidied = 0

    def line(self) -> Line:
        line = new_line("commentary", anchor=0.0, requested_at=0.0)
        self.lines.add(line)
        return line

    async def work(self) -> None:
        try:
            await asyncio.sleep(100.0)
        finally:
            await asyncio.sleep(1.0)
            self.tidied += 1

    async def begin(self, line: Line | None) -> asyncio.Task[str]:
        running = asyncio.create_task(self.in_flight.run(self.work(), line))
        await asyncio.sleep(0.1)
        return running


@virtual
async def test_breaking_off_twice_lets_it_end_properly() -> None:
    office = Office()
    running = await office.begin(None)
    office.in_flight.cancel()
    await asyncio.sleep(0.1)
    office.in_flight.cancel()
    assert await running == ""
    assert office.tidied == 1


@pytest.mark.parametrize("state", ["made", "ready"])
async def test_a_line_that_is_not_ready_when_it_is_broken_off_is_dropped(state: str) -> None:
    office = Office()
    line = office.line()

    async def work() -> None:
        if state == "ready":
            office.lines.move(line, "ready")

    assert await office.in_flight.run(work(), line) == ""
    assert line.reason == (None if state == "ready" else "cancelled")
