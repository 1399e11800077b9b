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
    WAITING,
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
async def test_text_streams_of_others_are_heard(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.stream(TOPIC, "ann", ["What ", 2.0, "is it? "])
    room.stream(TOPIC, "bob", ["And that?"])
    room.stream(TOPIC, "agent", ["my own words"])
    room.stream(TOPIC, "bob", ["  \n"])
    await asyncio.sleep(10)
    assert heard.texts == [(Sender("bob"), "And that?"), (Sender("ann"), "What is it?")]
    assert (heard.refused, room.readers) == ([], [])
    await heard.chat.aclose()
    await heard.chat.aclose()
    assert room.stream(TOPIC, "ann", ["Hello?"]) is None
    room.packet(TOPIC, "ann", b"Hello?")
    assert len(heard.texts) == 2


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


@virtual
async def test_data_packets_of_older_clients_are_heard(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.join("ann")
    json_way, text_way = Sender("ann", "json", LEGACY_TOPIC), Sender("ann", "text", TOPIC)
    room.packet(LEGACY_TOPIC, "ann", packet(message="What is it?"))
    room.packet(TOPIC, "ann", "Où est-il ?".encode())
    room.packet(LEGACY_TOPIC, "ann", packet(message="Twice?", ignoreLegacy=True))
    room.packet("another", "ann", b"not chat")
    room.packet(TOPIC, "gone", b"from nobody")
    room.packet(TOPIC, "ann", b" \n")
    assert heard.texts == [(json_way, "What is it?"), (text_way, "Où est-il ?")]
    assert heard.refused == []
    await heard.chat.aclose()


@virtual
async def test_of_a_packet_so_much_is_read_that_it_is_seen_to_be_too_long(
    fake_rtc: FakeRtc,
) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.join("ann")
    for data in (b"x" * 1_000_000, packet(message="x" * 1_000_000)):
        room.packet(TOPIC, "ann", data)
    assert [len(text) for _, text in heard.texts] == [MAX_PACKET] * 2
    await heard.chat.aclose()


@pytest.mark.parametrize("data", [b"[" * 900, b'{"message": 5}', b"\xff\xfe?", b'{"a": '])
@virtual
async def test_a_packet_that_is_no_chat_message_is_a_bare_text(
    fake_rtc: FakeRtc, data: bytes
) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.join("ann")
    room.packet(LEGACY_TOPIC, "ann", data)
    assert [sender.reads for sender, _ in heard.texts] == ["text"]
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


@virtual
async def test_a_room_that_takes_no_reply_costs_that_reply(fake_rtc: FakeRtc) -> None:
    room = fake_rtc.room()
    heard = Heard(room)
    room.join("ann")
    fake_rtc.script.next("send_text", STALL, Exception("bare"))
    for number in range(WAITING + 10):
        heard.chat.reply(Sender("ann"), str(number))
    await asyncio.sleep(60)
    assert [one.text for one in room.local.texts] == [str(n) for n in range(12, WAITING + 10)]
    assert heard.told == []
    await heard.chat.aclose()
