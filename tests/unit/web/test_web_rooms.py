"""Rooms watched by HTTP, where LiveKit behaves as a real server here does not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from config.settings import load_settings
from tests.support.fake_remote import FakeRemoteParticipant, FakeRemotePublication
from tests.support.fake_rtc import FakeRoom, FakeRtc, Script
from tests.support.virtual_time import virtual
from tests.unit.agent.picture.source_stage import FakeStream, event
from web.ducking import LOWERED, PAUSE, Ducking
from web.feed import CallError
from web.pictures import Size
from web.rooms import connection, readers
from web.rooms.room_feed import LINGER, STILL, RoomFeed
from web.sound import CHUNK, RATE

AGENT = rtc.ParticipantKind.PARTICIPANT_KIND_AGENT
NEVER = 1e9
SIZE = Size()


class JoinedRoom(FakeRoom):
    """One that is joined `seconds` after it was asked for, or fails."""

    seconds: float = 0.1
    error: Exception | None = None
    answer: Callable[[], Any] = staticmethod(lambda: "{}")

    def __init__(self, script: Script) -> None:
        super().__init__(script, "studio", "pressbox-http-0")
        self._connection_state = rtc.ConnectionState.CONN_DISCONNECTED
        self.calls: list[tuple[str, str]] = []
        self.caught_up: list[str] = []
        """Booths that were asked for the line being said."""
        self.was_left = False
        local: Any = self.local
        local.perform_rpc = self._called

    async def connect(self, *_: object) -> None:
        await asyncio.sleep(self.seconds)
        if self.error:
            raise self.error
        self._connection_state = rtc.ConnectionState.CONN_CONNECTED

    async def disconnect(self, *_: object) -> None:  # type: ignore[override]
        self.was_left = self.was_left or self.isconnected()
        self._connection_state = rtc.ConnectionState.CONN_DISCONNECTED

    async def _called(
        self, *, destination_identity: str, method: str, payload: str, **_: object
    ) -> str:
        if method == "pressbox.lines":
            self.caught_up.append(destination_identity)
            raise rtc.RpcError(rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD, "an older one")
        self.calls.append((method, payload))
        found = self.answer()
        if isinstance(found, Exception):
            raise found
        if isinstance(found, float):
            await asyncio.sleep(found)
        return str(found)


class Stage:
    """A feed, and the rooms that it has joined; `fill(room)` says who is in each of them."""

    def __init__(self, fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rooms: list[JoinedRoom] = []
        self.next: list[tuple[float, Exception | None]] = []
        self.script = fake_rtc.script
        FakeStream.open.clear()
        monkeypatch.setattr(rtc, "Room", self._room)
        monkeypatch.setattr(rtc, "AudioStream", FakeStream)
        monkeypatch.setattr(readers, "FrameStream", FakeStream)
        monkeypatch.setattr(connection, "PATIENCE", NEVER)
        keys = {"livekit_api_key": "key", "livekit_api_secret": "s" * 32}
        self.feed = RoomFeed(load_settings(cli=keys, env={}), "studio")

    def _room(self) -> JoinedRoom:
        made = JoinedRoom(self.script)
        if self.next:
            made.seconds, made.error = self.next.pop(0)
        self.rooms.append(made)
        self.agent, self.tracks = booth(made)
        self.camera = made.join("cam").publish(name="camera")
        return made

    async def __aenter__(self) -> None:
        self.feed.start()
        await self.feed.joined()

    async def __aexit__(self, *_: object) -> None:
        await self.feed.aclose()
        await self.feed.aclose()
        assert not FakeStream.open
        assert not any(room.isconnected() for room in self.rooms)

    def subscribed(self) -> set[str]:
        """Names of the tracks that are read."""
        everything = {**self.tracks, "camera": self.camera}
        return {name for name, one in everything.items() if one.sid in FakeStream.open}

    async def film(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if stream := FakeStream.open.get(self.tracks["delayed"].sid):
                stream.put(event())
            await asyncio.sleep(0.1)


def booth(
    room: FakeRoom, identity: str = "agent", **status: object
) -> tuple[FakeRemoteParticipant, dict[str, FakeRemotePublication]]:
    """A commentator that watches `cam`, and its tracks."""
    told = {"pressbox.status": json.dumps({"source": "cam", "engine": "up", **status})}
    agent = room.join(identity, kind=AGENT, attributes=told)
    video, audio = rtc.TrackKind.KIND_VIDEO, rtc.TrackKind.KIND_AUDIO
    kinds = {"delayed": video, "commentary": audio, "original": audio}
    return agent, {name: agent.publish(name=name, kind=kind) for name, kind in kinds.items()}


@pytest.fixture
def on(fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(fake_rtc, monkeypatch)


@virtual
async def test_only_what_is_wanted_is_taken_and_for_a_while_after(on: Stage) -> None:
    async with on:
        await asyncio.sleep(3)
        assert on.subscribed() == set()
        on.feed.pictures.enter(SIZE)
        await asyncio.sleep(0.2)
        assert on.subscribed() == {"delayed"}
        async with aclosing(on.feed.sound.listen()) as chunks:
            await anext(chunks)
            await asyncio.sleep(0.2)
            assert on.subscribed() == {"delayed", "commentary", "original"}
            on.feed.pictures.leave(SIZE)
            await asyncio.sleep(LINGER - 1)
            assert "delayed" in on.subscribed()
            await asyncio.sleep(2.5)
            assert on.subscribed() == {"commentary", "original"}
        with pytest.raises(CallError, match="no live picture comes from cam"):
            await on.feed.live(0, 0, 80)
        assert "camera" in on.subscribed()
        FakeStream.open[on.camera.sid].put(event())
        assert (await on.feed.live(0, 0, 80)).startswith(b"\xff\xd8")
        await asyncio.sleep(LINGER + 1.5)
        assert on.subscribed() == set()
        assert all(one.asked[-1] is False for one in on.tracks.values())


@virtual
async def test_a_picture_waits_as_long_as_the_sound_that_belongs_to_it(on: Stage) -> None:
    async with on, aclosing(on.feed.sound.listen()) as chunks:
        on.feed.pictures.enter(SIZE)
        await anext(chunks)
        await asyncio.sleep(0.2)
        on.feed.sound.push("commentary", np.ones(RATE // 5, np.int16))
        FakeStream.open[on.tracks["delayed"].sid].put(event())
        begun = time.monotonic()
        async with asyncio.timeout(1):
            assert await on.feed.pictures.next(SIZE) is not None
        assert time.monotonic() - begun == pytest.approx(0.2 + CHUNK, abs=0.01)
        on.feed.sound.push("commentary", np.ones(RATE // 5, np.int16))
        FakeStream.open[on.tracks["delayed"].sid].put(event())
        await asyncio.sleep(0.01)
        on.rooms[0].leave("agent")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await on.feed.pictures.next(SIZE)


@virtual
async def test_a_room_without_media_is_joined_anew_seldom_where_that_is_no_help(
    on: Stage,
) -> None:
    async with on:
        on.feed.pictures.enter(SIZE)
        await on.film(3 * STILL)
        assert len(on.rooms) == 1
        await asyncio.sleep(STILL + 3)
        assert len(on.rooms) == 2
        await on.film(1)
        assert (await on.feed.pictures.next(SIZE)) is not None
        await asyncio.sleep(600)
        assert 8 < len(on.rooms) < 16
        count = len(on.rooms)
        on.agent.change(pressbox__status='{"source": "cam", "lost": true}')
        await asyncio.sleep(300)
        assert len(on.rooms) == count, "there is nothing to be seen"


@virtual
async def test_joining_that_fails_or_hangs_is_tried_again_and_left_where_late(
    on: Stage,
) -> None:
    late = connection.JOIN_LIMIT + 2
    on.next = [(0.1, rtc.ConnectError("refused")), (late, None), (NEVER, None), (0.1, None)]
    on.feed.start()
    await on.feed.joined()
    seen = [on.feed.status["livekit"]]
    with pytest.raises(CallError, match="no commentator"):
        await on.feed.call("pressbox.get", "", "")
    await asyncio.sleep(60)
    seen.append(on.feed.status["livekit"])
    assert len(on.rooms) == 4
    assert on.rooms[1].was_left, "LiveKit let it in after all"
    on.rooms[-1].lose()
    await asyncio.sleep(0.1)
    seen.append(on.feed.status["livekit"])
    await asyncio.sleep(2)
    assert seen == ["lost", "connected", "lost"]
    on.next = [(1.0, None)]
    on.rooms[-1].lose()
    await asyncio.sleep(0.8)
    await on.feed.aclose()
    assert len(on.rooms) == 6
    assert on.rooms[-1].was_left, "it was joining when the feed was closed"


@virtual
@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (NEVER, 504, "in time"),
        (Exception("engine: closed"), 503, "just left"),
        (rtc.RpcError(rtc.RpcError.ErrorCode.CONNECTION_TIMEOUT, "x"), 504, "not answer"),
        (rtc.RpcError(rtc.RpcError.ErrorCode.RECIPIENT_DISCONNECTED, "x"), 503, "just left"),
        (rtc.RpcError(rtc.RpcError.ErrorCode.REQUEST_PAYLOAD_TOO_LARGE, "x"), 400, "too long"),
        (rtc.RpcError(rtc.RpcError.ErrorCode.APPLICATION_ERROR, "x"), 503, "failed at it"),
        (rtc.RpcError(429, "16 are waiting", '{"id": "line_1"}'), 429, "16 are waiting"),
        (rtc.RpcError(400, "no", '{"problems": [1, {"key": "delay"}]}'), 400, "no"),
    ],
)
async def test_an_error_has_the_status_that_fits(
    on: Stage, answer: Any, status: int, text: str
) -> None:
    async with on:
        on.rooms[0].answer = lambda: answer
        with pytest.raises(CallError, match=text) as raised:
            await on.feed.call("pressbox.set", '{"delay": 4}', "Ada")
        assert raised.value.status == status
        assert on.rooms[0].calls == [("pressbox.set", '{"delay": 4}')]


def test_the_source_is_lower_while_the_commentary_speaks() -> None:
    ducking, now = Ducking(), 100.0
    original, word = np.full(480, 10_000, np.int16), np.full(480, 3000, np.int16)

    def level() -> int:
        return int(ducking.lowered(original, now)[-1])

    ducking.heard(np.full(480, 50, np.int16), now)
    assert level() == 10_000
    ducking.heard(word, now)
    step = ducking.lowered(original, now)
    assert step[0] == 10_000
    assert np.abs(np.diff(step)).max() < 30, "no click"
    now += PAUSE / 2
    ducking.heard(np.zeros(480, np.int16), now)
    assert level() == pytest.approx(10_000 * LOWERED, abs=1)
    now += PAUSE
    ducking.heard(np.zeros(480, np.int16), now)
    assert (level(), level()) == (10_000, 10_000)
