"""Questions from a room full of people who do not all mean well."""

from __future__ import annotations

import asyncio
import itertools
import time

import pytest

from agent.room.questions import (
    ANSWER_TIMEOUT,
    MAX_LENGTH,
    READ_TIMEOUT,
    READING,
    TOPIC,
    WAITING,
    AnswerError,
    Questions,
)
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.virtual_time import virtual


class Booth:
    """Answers after `seconds`, or fails as it is told, and writes down what it hears."""

    def __init__(self, room: FakeRoom) -> None:
        self.questions = Questions(
            room, answer=self._answer, refused=self._refused, tell=self._tell
        )
        self.seconds = 1.0
        self.failure: Exception | None = None
        self.asked: list[tuple[str, str]] = []
        self.told: list[str] = []
        self.refused = 0
        self.questions.start()

    async def _answer(self, text: str, identity: str) -> None:
        self.asked.append((text, identity))
        if failure := self.failure:
            self.failure = None
            raise failure
        await asyncio.sleep(self.seconds)

    def _refused(self) -> None:
        self.refused += 1

    def _tell(self, text: str) -> None:
        self.told.append(text)


@virtual
async def test_questions_are_answered_in_turn(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    room.stream(TOPIC, "ann", ["What ", 2.0, "is it? "])
    room.stream(TOPIC, "bob", ["And that?"])
    room.stream(TOPIC, "agent", ["my own words"])
    room.stream(TOPIC, "bob", ["  \n"])
    await asyncio.sleep(10)
    assert booth.asked == [("And that?", "bob"), ("What is it?", "ann")]
    assert (booth.told, booth.refused, room.readers) == ([], 0, [])
    await booth.questions.aclose()
    await booth.questions.aclose()
    assert room.stream(TOPIC, "ann", ["Hello?"]) is None


@virtual
async def test_an_endless_question_is_not_read_on(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    reader = room.stream(TOPIC, "ann", itertools.repeat("x" * 100))
    await asyncio.sleep(0.1)
    assert reader
    assert reader.taken <= MAX_LENGTH + 100
    assert reader.closed
    assert booth.refused == 1
    assert "ann" in booth.told[0]
    await booth.questions.aclose()


@pytest.mark.parametrize("feed", [["half ", None], ["half ", STALL]])
def test_a_question_that_does_not_come_whole_is_refused(
    fake_rtc: FakeRtc, feed: list[str | float | None]
) -> None:
    @virtual
    async def run() -> None:
        room = fake_rtc.room()
        booth = Booth(room)
        room.stream(TOPIC, "ann", feed)
        await asyncio.sleep(READ_TIMEOUT + 1)
        assert (booth.refused, len(booth.told), room.readers) == (1, 1, [])
        await booth.questions.aclose()

    run()


@virtual
async def test_so_many_are_read_and_wait_and_no_more(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    for number in range(READING + 5):
        room.stream(TOPIC, f"slow-{number}", [STALL])
    assert booth.refused == 5
    assert len(room.readers) == READING
    await asyncio.sleep(READ_TIMEOUT + 1)
    booth.refused = 0
    for number in range(WAITING + 4):
        room.stream(TOPIC, f"quick-{number}", ["Why?"])
        await asyncio.sleep(0.01)
    assert booth.refused == 3  # one is being answered
    assert room.readers == []
    await booth.questions.aclose()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (AnswerError("the engine is away"), "the engine is away"),
        (KeyError("secret"), "KeyError"),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_a_failure_is_told_and_the_next_is_served(
    fake_rtc: FakeRtc, failure: Exception, told: str
) -> None:
    @virtual
    async def run() -> None:
        room = fake_rtc.room()
        booth = Booth(room)
        booth.failure = failure
        room.stream(TOPIC, "ann", ["What?"])
        room.stream(TOPIC, "bob", ["Who?"])
        await asyncio.sleep(5)
        assert booth.asked == [("What?", "ann"), ("Who?", "bob")]
        assert len(booth.told) == 1
        assert "ann" in booth.told[0]
        assert told in booth.told[0]
        assert "secret" not in booth.told[0]
        await booth.questions.aclose()

    run()


@virtual
async def test_an_answer_that_never_ends_is_cut(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    booth.seconds = 1e6
    room.stream(TOPIC, "ann", ["What?"])
    room.stream(TOPIC, "bob", ["Who?"])
    begun = time.monotonic()
    while len(booth.asked) < 2:
        await asyncio.sleep(1)
    assert time.monotonic() - begun == pytest.approx(ANSWER_TIMEOUT, abs=1)
    assert len(booth.told) == 1
    await booth.questions.aclose()


@virtual
async def test_closing_ends_what_is_read_and_answered(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    booth = Booth(room)
    booth.seconds = 1e6
    room.stream(TOPIC, "ann", ["What?"])
    room.stream(TOPIC, "bob", [STALL])
    await asyncio.sleep(1)
    async with asyncio.timeout(0.1):
        await booth.questions.aclose()
    assert room.readers == []
