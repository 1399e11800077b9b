"""Captions as a viewer reads them."""

from __future__ import annotations

import asyncio
import itertools
import time
import unicodedata

import pytest
from livekit.plugins.pressbox.commentator import Line, Lines, new_line

from agent.sound.captions import OPEN, SEND_TIMEOUT, STEP, Captions
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.fake_streams import FakeTextStreamWriter
from tests.support.virtual_time import virtual

TEXT = "One two three four five six seven eight nine ten."


class Voice:
    """Says lines of four seconds."""

    def __init__(self, room: FakeRoom) -> None:
        self.told: list[str] = []
        self.captions = Captions(room, lambda: "TR_voice", tell=self.told.append)
        self.captions.start()
        self.lines = Lines(time.monotonic)
        self.lines.listen(self.captions.changed)

    def begin(self, text: str = TEXT, *, text_only: bool = False) -> Line:
        now = time.monotonic()
        line = new_line("commentary", anchor=now, requested_at=now)
        line.text, line.text_only, line.audio_seconds = text, text_only, 4.0
        self.lines.add(line)
        self.lines.complete(line)
        for state in ("ready", "waiting", "playing"):
            self.lines.move(line, state)
        return line

    async def say(self, text: str = TEXT) -> Line:
        line = self.begin(text)
        await asyncio.sleep(4)
        self.lines.move(line, "ended")
        return line


def shown(room: FakeRoom) -> list[FakeTextStreamWriter]:
    return room.local.streams


@virtual
async def test_words_come_as_they_are_heard(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    voice = Voice(room)
    begun = time.monotonic()
    line = await voice.say()
    await asyncio.sleep(1)
    caption = shown(room)[0]
    assert caption.text == TEXT
    assert caption.attributes == {
        "lk.transcription_final": "true",
        "lk.segment_id": line.id,
        "lk.transcribed_track_id": "TR_voice",
    }
    for count, (moment, _) in enumerate(caption.written):
        due = 4 * len(" ".join(TEXT.split()[:count])) / len(TEXT)
        assert moment - begun == pytest.approx(due, abs=2 * STEP)
    packets = room.local.transcriptions
    assert {(one.participant_identity, one.track_sid) for one in packets} == {("agent", "TR_voice")}
    segments = [one.segments[0] for one in packets]
    assert {one.id for one in segments} == {line.id}
    assert [one.text for one in segments] == [
        *itertools.accumulate(text for _, text in caption.written),
        TEXT,
    ]
    assert [one.final for one in segments] == [False] * len(caption.written) + [True]
    await voice.captions.aclose()
    await voice.captions.aclose()


@pytest.mark.parametrize(
    "text", ["一辆红色的汽车停在路口旁边。", "ผู้ชายคนหนึ่งกำลังเดินข้ามถนน", "がぎぐげご、テスト。"]
)
@virtual
async def test_a_language_without_spaces_comes_by_letters(fake_rtc: FakeRtc, text: str) -> None:
    room = fake_rtc.room()
    voice, begun = Voice(room), time.monotonic()
    await voice.say(text)
    await asyncio.sleep(1)
    pieces = shown(room)[0].written
    assert shown(room)[0].text == text
    before = 0
    for moment, piece in pieces:
        assert moment - begun == pytest.approx(4 * before / len(text), abs=0.6)
        assert not unicodedata.category(piece[0]).startswith("M"), "a letter is cut in two"
        before += len(piece)
    assert len(pieces) > len(text) / 3
    await voice.captions.aclose()


@virtual
async def test_a_room_that_stalls_holds_few_captions(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    voice = Voice(room)
    fake_rtc.script.always("close", STALL)
    for number in range(3 * OPEN):
        line = voice.begin(str(number))
        await asyncio.sleep(0.1)
        voice.lines.drop(line, "interrupted")
    assert len(shown(room)) == OPEN
    fake_rtc.script.always("close", None)
    await asyncio.sleep(2 * SEND_TIMEOUT)
    await voice.say()
    await asyncio.sleep(1)
    assert shown(room)[-1].text == TEXT
    await voice.captions.aclose()
