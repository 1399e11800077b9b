"""Who comes late finds what is being said, and what was."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from livekit.plugins.pressbox.commentator import Line, Lines, new_line

from agent.clock.display_clock import DisplayClock
from agent.clock.unix_clock import UnixClock
from agent.room.catch_up import CatchUp
from agent.room.line_feed import KEPT, LineFeed
from agent.sound.captions import OPEN_LATE, Captions
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.fake_streams import FakeTextStreamWriter
from tests.support.virtual_time import virtual

TEXT = "One two three four five six seven eight nine ten."


class Booth:
    """Says lines of four seconds."""

    def __init__(self, room: FakeRoom) -> None:
        self.room = room
        told: list[str] = []
        feed = LineFeed(room, DisplayClock(3.0), UnixClock(), told.append)
        captions = Captions(room, lambda: "TR_voice", tell=told.append)
        self.parts = feed, captions, CatchUp(room, feed, captions)
        self.lines = Lines(time.monotonic)
        self.lines.listen(captions.changed)
        self.lines.listen(feed.changed)

    def begin(self, text: str = TEXT) -> Line:
        line = self.made(text)
        for state in ("ready", "waiting", "playing"):
            self.lines.move(line, state)
        return line

    def made(self, text: str = TEXT, question: str = "") -> Line:
        now = time.monotonic()
        line = new_line(
            "answer" if question else "commentary", anchor=now, requested_at=now, question=question
        )
        line.text, line.audio_seconds = text, 4.0
        self.lines.add(line)
        self.lines.complete(line)
        return line

    def starts(self, to: str = "") -> list[str]:
        told = [json.loads(one.text) | {"to": one.to} for one in self.room.local.texts]
        wanted = (to,) if to else ()
        return [one["id"] for one in told if one["phase"] == "start" and one["to"] == wanted]

    def captions(self, *to: str) -> list[FakeTextStreamWriter]:
        return [one for one in self.room.local.streams if one.to == to]

    async def said(self, **asked: object) -> list[dict[str, Any]]:
        answer = await self.room.local.called("pressbox.lines", json.dumps(asked), caller="late")
        assert answer is not None
        assert len(answer.encode()) <= 15 * 1024, "more than an RPC can carry"
        lines: list[dict[str, Any]] = json.loads(answer)["lines"]
        return lines


@asynccontextmanager
async def made(fake_rtc: FakeRtc) -> AsyncIterator[Booth]:
    booth = Booth(fake_rtc.room())
    for part in booth.parts:
        part.start()
    try:
        yield booth
    finally:
        for part in booth.parts:
            await part.aclose()
            await part.aclose()


@virtual
async def test_who_joins_in_the_middle_of_a_line_gets_it_alone(fake_rtc: FakeRtc) -> None:
    async with made(fake_rtc) as booth:
        booth.room.join("early")
        line = booth.begin()
        await asyncio.sleep(2)
        booth.room.join("late")
        await asyncio.sleep(1)
        (late,) = booth.captions("late")
        (everybody,) = booth.captions()
        begun = late.written[0][1]
        assert begun.startswith("One two three four")
        assert late.text == everybody.text != TEXT, "the rest comes in step"
        await asyncio.sleep(1)
        booth.lines.move(line, "ended")
        await asyncio.sleep(1)
        assert late.text == everybody.text == TEXT
        assert late.attributes == everybody.attributes
        assert booth.starts() == booth.starts("late") == [line.id]
        assert not booth.captions("early")
        there = booth.room.join("between lines")
        await asyncio.sleep(1)
        booth.begin()
        booth.room.emit("participant_active", there)  # LiveKit tells of it late
        await asyncio.sleep(1)
        assert not booth.starts("between lines")
        assert not booth.captions("between lines")


@virtual
async def test_who_calls_before_it_is_announced_gets_the_line_once(fake_rtc: FakeRtc) -> None:
    async with made(fake_rtc) as booth:
        line = booth.begin()
        await asyncio.sleep(1)
        assert await booth.said() == []
        assert not booth.captions("late"), "it did not ask for that"
        assert await booth.said(now=True) == []
        await asyncio.sleep(1)
        booth.room.join("late")
        await asyncio.sleep(2)
        booth.lines.move(line, "ended")
        booth.begin("Next.")
        await asyncio.sleep(1)
        assert booth.starts("late") == [line.id]
        assert [one.text for one in booth.captions("late")] == [TEXT]
        booth.room.leave("late")
        booth.room.join("late")
        await asyncio.sleep(1)
        assert len(booth.captions("late")) == 2, "it is back, and did not call"


@virtual
async def test_lines_that_are_over_are_found_again(fake_rtc: FakeRtc) -> None:
    async with made(fake_rtc) as booth:
        booth.lines.drop(booth.made("never heard"), "late")
        booth.lines.drop(booth.made("", question="Who is there?"), "error")
        cut = booth.begin()
        await asyncio.sleep(1)
        booth.lines.drop(cut, "interrupted")
        whole = booth.begin("A car.")
        await asyncio.sleep(4)
        assert [one["id"] for one in await booth.said()][1:] == [cut.id]
        booth.lines.move(whole, "ended")
        asked, broken, last = await booth.said()
        assert (asked["question"], asked["dropped"]) == ("Who is there?", "error")
        assert (broken["phase"], broken["dropped"]) == ("end", "interrupted")
        assert TEXT.startswith(broken["text"])
        assert (last["text"], last["dropped"]) == ("A car.", None)
        assert await booth.said(last=1) == [last]
        for number in range(2 * KEPT):
            booth.lines.move(booth.begin(f"{number} " + "門" * (number % 7) ** 4), "ended")
        found: list[dict[str, Any]] = []
        while older := await booth.said(before=found[0]["id"] if found else ""):
            found = older + found
        assert [int(one["text"].split()[0]) for one in found] == list(range(KEPT, 2 * KEPT))


@virtual
async def test_many_who_come_at_once_hold_up_nobody(fake_rtc: FakeRtc) -> None:
    async with made(fake_rtc) as booth:
        line = booth.begin()
        await asyncio.sleep(1)
        fake_rtc.script.always("close", STALL)
        for number in range(3 * OPEN_LATE):
            booth.room.join(f"viewer-{number}")
        await asyncio.sleep(3)
        booth.lines.move(line, "ended")
        booth.begin("Next.")
        await asyncio.sleep(1)
        assert sum(bool(one.to) for one in booth.room.local.streams) == OPEN_LATE
        assert [one.text for one in booth.captions()] == [TEXT, "Next."]
