"""The ways in which people write, and how they are written to."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest
from livekit import rtc

from agent.room.questions.chat import (
    LEGACY_TOPIC,
    MAX_PACKET,
    NOT_WHOLE,
    READ_TIMEOUT,
    READING,
    READING_EACH,
    TOO_MANY,
    TOPIC,
    Chat,
    Sender,
)
from agent.room.questions.question import MAX_LENGTH
from tests.support.fake_rtc import STALL, FakeRoom, FakeRtc
from tests.support.virtual_time import virtual


class Heard:
    def __init__(self, room: FakeRoom) -> None:
        self.texts: list[tuple[Sender, str]] = []
        self.refused: list[tuple[Sender, str]] = []
        self.told: list[str] = []
        self.chat = Chat(
            room,
            heard=lambda *message: self.texts.append(message),
            refused=lambda *message: self.refused.append(message),
            tell=self.told.append,
        )
        self.chat.start()

    @property
    def whys(self) -> list[str]:
        return [why for _, why in self.refused]


def packet(**message: object) -> bytes:
    return json.dumps({"id": "1", "timestamp": 1_700_000_000_000, **message}).encode()


@virtual
async def test_an_endless_text_is_not_read_on(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    reader = room.stream(TOPIC, "ann", itertools.repeat("x" * 100))
    await asyncio.sleep(0.1)
    assert reader
    assert reader.taken <= MAX_LENGTH + 100
    assert reader.closed
    ((_, text),) = heard.texts
    assert len(text) > MAX_LENGTH, "so that it is refused"
    await heard.chat.aclose()


@pytest.mark.parametrize("feed", [["half ", None], ["half ", STALL]])
@virtual
async def test_a_text_that_does_not_come_whole_is_refused(
    fake_rtc: FakeRtc, feed: list[str | float | None]
) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.stream(TOPIC, "ann", feed)
    await asyncio.sleep(READ_TIMEOUT + 1)
    assert (heard.whys, room.readers) == ([NOT_WHOLE], [])
    await heard.chat.aclose()


@virtual
async def test_so_many_are_read_at_once_and_not_all_of_one(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    for _ in range(READING):
        room.stream(TOPIC, "slow", [STALL])
    assert heard.whys == [TOO_MANY] * (READING - READING_EACH)
    heard.refused.clear()
    for number in range(READING):
        room.stream(TOPIC, f"slow-{number}", [STALL])
    assert heard.whys == [TOO_MANY] * READING_EACH
    assert len(room.readers) == READING
    await asyncio.sleep(READ_TIMEOUT + 1)
    assert room.readers == []
    await heard.chat.aclose()


@pytest.mark.parametrize(
    ("topic", "data", "reads", "text"),
    [
        (LEGACY_TOPIC, packet(message="What is it?"), "json", "What is it?"),
        (TOPIC, "Où est-il ?".encode(), "text", "Où est-il ?"),
        (LEGACY_TOPIC, b'{"message": 5}', "text", '{"message": 5}'),
        (LEGACY_TOPIC, b"[" * 900, "text", "[" * 900),
        (TOPIC, b"\xff?", "text", "\ufffd?"),
        (TOPIC, packet(message="x" * 1_000_000), "text", ""),
        (LEGACY_TOPIC, packet(message="Twice?", ignoreLegacy=True), "", ""),
        ("another", b"not chat", "", ""),
        (TOPIC, b" \n", "", ""),
    ],
)
@virtual
async def test_data_packets_of_older_clients_are_heard(
    fake_rtc: FakeRtc, topic: str, data: bytes, reads: str, text: str
) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.packet(topic, "gone", data)
    assert heard.texts == []
    room.join("ann")
    room.packet(topic, "ann", data)
    assert [(one.reads, one.topic) for one, _ in heard.texts] == ([(reads, topic)] if reads else [])
    assert all(what.startswith(text) and len(what) <= MAX_PACKET for _, what in heard.texts)
    await heard.chat.aclose()


@virtual
async def test_a_reply_comes_to_one_person_in_the_way_that_one_writes(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.join("ann")
    room.join("bot", kind=rtc.ParticipantKind.PARTICIPANT_KIND_AGENT)
    for sender in (
        Sender("ann"),
        Sender("ann", "json", LEGACY_TOPIC),
        Sender("ann", "text", TOPIC),
        Sender("bot"),
        Sender("gone"),
    ):
        heard.chat.reply(sender, "Later.")
    await asyncio.sleep(1)
    (stream,) = room.local.texts
    message, bare = room.local.packets
    assert (stream.text, stream.topic, stream.to) == ("Later.", TOPIC, ("ann",))
    assert json.loads(message.text)["message"] == "Later."
    assert (message.topic, bare.text, bare.topic) == (LEGACY_TOPIC, "Later.", TOPIC)
    assert message.to == bare.to == ("ann",)
    await heard.chat.aclose()
