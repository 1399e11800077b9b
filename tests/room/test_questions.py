"""Questions of several people in a real room, heard and read by one who watches."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from livekit import rtc

from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.records import LineMessage
from tests.support.scripted_engine import Asked, scripted_engine
from tests.support.viewer_probe import ViewerProbe, watching

READY, COMMENTARY = 1.0, 20.0
"""Seconds: until an answer has its first sound, and the length of a line of commentary."""


class Asker:
    """Somebody with a name who writes, and what comes back to that one in the chat."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.packets: list[str] = []
        room.on("data_received", lambda packet: self.packets.append(packet.data.decode()))

    async def write(self, text: str) -> float:
        left = time.monotonic()
        await self.room.local_participant.send_text(text, topic="lk.chat")
        return left

    async def write_as_older_clients(self, text: str) -> None:
        message = json.dumps({"id": "1", "timestamp": 1_700_000_000_000, "message": text})
        await self.room.local_participant.publish_data(message, topic="lk-chat-topic")


@asynccontextmanager
async def asker(server: LiveKitServer, room: str, name: str) -> AsyncIterator[Asker]:
    connection = rtc.Room()
    options = rtc.RoomOptions(auto_subscribe=False)
    await connection.connect(server.url, server.token(room, f"id-{name}"), options)
    try:
        await connection.local_participant.set_name(name)
        yield Asker(connection)
    finally:
        await connection.disconnect()


def script(number: int, kind: str) -> Answer:
    if kind == "answer":
        return Answer(ready=READY, speech=1.0, speed=8.0, text="It is a bar.")
    return Answer(ready=0.15, speech=COMMENTARY, speed=40.0)


def answers(probe: ViewerProbe, phase: str) -> list[LineMessage]:
    return [one for one in probe.lines if one.kind == "answer" and one.phase == phase]


def system(asked: Asked) -> str:
    return str(asked.body["messages"][0]["content"])


async def commentary_heard(probe: ViewerProbe) -> None:
    """Until a line of commentary begins, and its sound has had time to come through."""
    begun = time.monotonic()

    def begins() -> bool:
        return any(one.kind == "commentary" and one.received > begun for one in probe.lines)

    await probe.until(begins, timeout=40, what="commentary")
    await asyncio.sleep(1.0)


async def answered(probe: ViewerProbe, count: int) -> None:
    await probe.until(lambda: len(answers(probe, "end")) >= count, timeout=30, what="answers")


def silent_after(probe: ViewerProbe, asked: float) -> float:
    """Seconds from a moment until the sound that was heard then had ended."""
    heard = next(burst for burst in probe.bursts if burst.start < asked < burst.end)
    return heard.end - asked


async def test_two_who_ask_at_once_are_both_answered_by_name(
    livekit_server: LiveKitServer,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    questions = []
    async with (
        scripted_engine(script) as engine,
        camera(livekit_server, "askers"),
        booth(livekit_server, "askers", engine.url, state_dir=tmp_path),
        asker(livekit_server, "askers", "Ada") as ada,
        asker(livekit_server, "askers", "Bob") as bob,
        watching(livekit_server.url, livekit_server.token("askers", "viewer")) as probe,
    ):
        for turn in range(2):
            await commentary_heard(probe)
            left, _ = await asyncio.gather(ada.write(f"What {turn}?"), bob.write(f"Who {turn}?"))
            questions.append(left)
            await answered(probe, 2 * turn + 2)
        await bob.room.local_participant.set_name("Bea\nKent ")
        named = probe.room.remote_participants["id-Bob"]
        await probe.until(lambda: named.name.startswith("Bea"), timeout=5, what="the name")
        await bob.write_as_older_clients("And there?")
        await answered(probe, 5)
        await probe.until(lambda: bool(bob.packets), timeout=5, what="the answer in the chat")
    ends = answers(probe, "end")
    said = ("question", "asker", "asker_name")
    assert {tuple(one.more[name] for name in said) for one in (*ends[:2], ends[-1])} == {
        ("What 0?", "id-Ada", "Ada"),
        ("Who 0?", "id-Bob", "Bob"),
        ("And there?", "id-Bob", "Bea Kent"),
    }
    assert all(one.text == "It is a bar." and not one.dropped for one in ends)
    assert [json.loads(one)["message"] for one in bob.packets] == ["It is a bar."]
    asked = [one for one in engine.asked if one.kind == "answer"]
    for one in asked[1:]:  # the first may have been asked before the other came
        name = {"What": "Ada", "Who": "Bob", "And": "Bea Kent"}[one.text.split()[0]]
        assert f"asked: {name}." in system(one)
    interrupted = [one for one in probe.lines if one.dropped == "interrupted"]
    assert [one.kind for one in interrupted][:2] == ["commentary", "commentary"]
    for left in questions:
        first = next(burst.start for burst in probe.bursts if burst.start > left)
        after = silent_after(probe, left)
        record_property("silent, ms after a question", round(after * 1000))
        record_property("first sound, ms after a question", round((first - left) * 1000))
        assert left + after < first, "it falls silent before the answer begins"
    assert probe.wrong == []
