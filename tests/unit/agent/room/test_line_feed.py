"""Lines as the room reads them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, new_line

from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.room.line_feed import WAITING, LineFeed
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.virtual_time import virtual

DELAY = 3.0


def made(room: FakeRoom) -> tuple[LineFeed, Lines, list[str]]:
    told: list[str] = []
    feed = LineFeed(room, DisplayClock(DELAY), UnixClock(), told.append)
    feed.start()
    lines = Lines(time.monotonic)
    lines.listen(feed.changed)
    return feed, lines, told


def added(lines: Lines, text: str = "A car. ") -> Line:
    line = new_line("commentary", anchor=time.monotonic(), requested_at=time.monotonic())
    line.text = text
    lines.add(line)
    return line


def play(lines: Lines, line: Line) -> None:
    for state in ("ready", "waiting", "playing"):
        lines.move(line, state)


def sent(room: FakeRoom) -> list[dict[str, Any]]:
    return [json.loads(one.text) for one in room.local.texts if one.topic == "pressbox.line"]


@virtual
async def test_a_line_is_told_when_it_starts_and_when_it_ends(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    feed, lines, _ = made(room)
    line = added(lines)
    begun = time.time()
    play(lines, line)
    lines.complete(line)
    lines.move(line, "ended")
    await asyncio.sleep(1)
    start, end = sent(room)
    assert (start["phase"], end["phase"]) == ("start", "end")
    assert (start.get("partial"), end.get("partial")) == (True, None)
    assert start["capture_time"] == pytest.approx(begun, abs=1e-3)
    assert start["display_time"] == pytest.approx(begun + DELAY, abs=1e-3)
    assert (end["id"], end["text"], end["spoken"], end["dropped"]) == (
        line.id,
        "A car.",
        True,
        None,
    )
    await feed.aclose()
    await feed.aclose()


@virtual
async def test_dropped_lines_are_told_but_not_that_nothing_was_seen(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    feed, lines, _ = made(room)
    lines.drop(added(lines), "late")
    lines.drop(added(lines, ""), "empty")
    cut = added(lines, "one two three four")
    cut.audio_seconds = 4.0
    play(lines, cut)
    lines.complete(cut)
    await asyncio.sleep(2)
    lines.drop(cut, "interrupted")
    await asyncio.sleep(1)
    assert sent(room)[-1]["text"] == "one two three", "as far as it was heard"
    seen = [(one["phase"], one["dropped"], one["spoken"]) for one in sent(room)]
    assert seen == [("end", "late", False), ("start", None, True), ("end", "interrupted", True)]
    await feed.aclose()


@virtual
async def test_a_room_that_takes_nothing_costs_the_oldest(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    feed, lines, _ = made(room)
    fake_rtc.script.next("send_text", STALL)
    await asyncio.sleep(0)
    made_lines = [added(lines) for _ in range(WAITING + 10)]
    for line in made_lines:
        lines.drop(line, "late")
    await asyncio.sleep(20)
    assert len(sent(room)) == WAITING - 1
    assert sent(room)[-1]["id"] == made_lines[-1].id
    await feed.aclose()
