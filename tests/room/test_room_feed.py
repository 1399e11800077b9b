"""Rooms watched without WebRTC: a real server, real booths and scripted ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer
from livekit import api, rtc

from config.agent_name import AGENT_NAME
from config.settings import Settings, load_settings
from config.source_names import FEED_IDENTITIES
from tests.browser.scripted_booth import ScriptedBooth
from tests.support.booths import booth
from tests.support.camera import camera
from tests.support.engine_script import Answer
from tests.support.livekit_server import LiveKitServer
from tests.support.scripted_engine import scripted_engine
from tests.support.until import until
from web import commentators
from web.events import Event
from web.feed import CallError, Feed, Feeds
from web.page import Page
from web.pictures import Jpeg, Size
from web.rooms import connection, room_feeds
from web.rooms.room_feeds import RoomFeeds
from web.server import Server

AS_IT_IS = Size()
LOUD = 2000
TEXT = "One two three four."


def settings(server: LiveKitServer, **more: object) -> Settings:
    given = {name.lower(): value for name, value in server.environment.items()}
    return load_settings(cli={**given, **more}, env={})


@asynccontextmanager
async def feeds(server: LiveKitServer, **more: object) -> AsyncIterator[Feeds]:
    made = RoomFeeds(settings(server, **more))
    try:
        yield made
    finally:
        await made.aclose()
        await made.aclose()


@asynccontextmanager
async def scripted(
    server: LiveKitServer, room: str, identity: str = "agent-scripted"
) -> AsyncIterator[ScriptedBooth]:
    made = ScriptedBooth(server, room, identity)
    await made.start()
    try:
        yield made
    finally:
        await made.aclose()


async def picture(feed: Feed, after: int = 0, limit: float = 20.0) -> Jpeg:
    feed.pictures.enter(AS_IT_IS)
    try:
        async with asyncio.timeout(limit):
            found = await feed.pictures.next(AS_IT_IS, after)
    finally:
        feed.pictures.leave(AS_IT_IS)
    assert found is not None
    return found


async def heard(feed: Feed, limit: float = 20.0) -> None:
    async with asyncio.timeout(limit), aclosing(feed.sound.listen()) as chunks:
        async for chunk in chunks:
            if np.abs(np.frombuffer(chunk, "<i2").astype(int)).max() > LOUD:
                return


def shape(data: bytes) -> tuple[int, ...]:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return tuple(found.shape[:2])


async def watchers(server: LiveKitServer, room: str) -> int:
    async with server.api() as client:
        there = await client.room.list_participants(api.ListParticipantsRequest(room=room))
    return sum(one.identity in FEED_IDENTITIES for one in there.participants)


async def test_all_that_a_booth_shows_says_and_does_is_had(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    def script(number: int, kind: str) -> Answer:
        text = "It is a bar." if kind == "answer" else TEXT
        return Answer(ready=0.15, speech=1.2, speed=8.0, text=text)

    seen: list[tuple[str, dict[str, Any]]] = []
    async with (
        scripted_engine(script) as engine,
        camera(livekit_server, "all"),
        booth(livekit_server, "all", engine.url, state_dir=tmp_path),
        feeds(livekit_server) as rooms,
        rooms.watch("all") as feed,
    ):
        with feed.events.follow() as follower:
            delayed = await picture(feed)
            await heard(feed)
            live = await feed.live(160, 0, 80)
            await until(lambda: feed.status["capture"] == "ok")
            with feed.events.follow():
                await until(lambda: feed.status.get("viewers") == 2)
            whole = json.loads(await feed.call("pressbox.set", '{"idle_after": 7}', ""))
            with pytest.raises(CallError, match="delay") as refused:
                await feed.call("pressbox.set", '{"delay": 99}', "")
            with pytest.raises(CallError) as unknown:
                await feed.call("pressbox.nothing", "", "")
            asking = '{"text": "What is it?", "wait": true}'
            answer, _ = await asyncio.gather(
                feed.call("pressbox.ask", asking, "Ada"), feed.call("pressbox.ask", asking, "Bob")
            )
            assert json.loads(answer)["text"] == "It is a bar."
            while not (
                said := [one for _, one in seen if one.get("final") and TEXT in one["text"]]
            ):
                seen += [(one.kind, json.loads(one.data)) for one in await follower.next()]
    assert shape(delayed.data)[1] >= 160
    assert shape(live) == (90, 160)
    assert whole["idle_after"] == 7
    assert refused.value.status == 400
    assert refused.value.problems["problems"][0]["key"] == "delay"  # type: ignore[index]
    assert unknown.value.status == 404
    asked = [str(one.body["messages"][0]) for one in engine.asked if one.kind == "answer"]
    # Whose came first may have been asked before the other's was there.
    assert any(f"asked: {name}." in one for one in asked for name in ("Ada", "Bob"))
    mine = [(kind, one) for kind, one in seen if one.get("id") == said[0]["id"]]
    assert [kind for kind, _ in mine].count("words") > 2, "word by word"
    line = next(one for kind, one in mine if kind == "line" and one["phase"] == "start")
    assert line["capture_time"] < line["display_time"]
    assert any(kind == "status" and told["source"] == "cam" for kind, told in seen)


async def test_two_rooms_at_once_each_with_its_first_viewer_until_its_last(
    livekit_server: LiveKitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room_feeds, "LINGER", 0.3)
    async with (
        scripted(livekit_server, "one"),
        scripted(livekit_server, "two") as two,
        feeds(livekit_server, room="two") as rooms,
    ):
        assert await watchers(livekit_server, "one") == 0
        async with rooms.watch("") as here:
            async with rooms.watch("one") as first, rooms.watch("one") as second:
                assert first is second
                await picture(first)
                assert await watchers(livekit_server, "one") == 1
                with here.events.follow() as events, first.events.follow() as others:
                    await two.line("start", "line-of-two")
                    await two.line("start", "alert-of-two", kind="alert")
                    told: list[Event] = []
                    while len(told) < 2:
                        told += [one for one in await events.next() if one.kind != "status"]
                    assert [(one.kind, json.loads(one.data)["id"]) for one in told] == [
                        ("line", "line-of-two"),
                        ("alert", "alert-of-two"),
                    ]
                    await two.status(delay=3.5)
                    await until(lambda: here.status["delay"] == 3.5)
                    assert first.status["delay"] != 3.5
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(others.next(), 0.2)
            assert [*rooms.open] == ["two", "one"], "it may come back at once"
            await until(lambda: [*rooms.open] == ["two"])

            async def left() -> bool:
                return await watchers(livekit_server, "one") == 0

            await until(left)
            assert await watchers(livekit_server, "two") == 1
    assert await watchers(livekit_server, "two") == 0
    with pytest.raises(CallError, match="stopped"):
        async with rooms.watch("one"):
            pass


async def test_a_server_that_was_killed_and_comes_back(livekit_server: LiveKitServer) -> None:
    async with (
        scripted(livekit_server, "killed") as on,
        feeds(livekit_server) as rooms,
        rooms.watch("killed") as feed,
    ):
        last = await picture(feed)
        livekit_server.kill()
        await until(lambda: feed.status["livekit"] != "connected")
        async with rooms.watch("other") as other:
            assert other.status["livekit"] != "connected"
            with pytest.raises(CallError) as raised:
                await other.call("pressbox.get", "", "")
            assert raised.value.status == 503
            livekit_server.start()
            await livekit_server.ready()
            await until(lambda: other.status["livekit"] == "connected")
        on.hum(True)
        await picture(feed, after=last.number, limit=60)
        await heard(feed)
        assert feed.status["livekit"] == "connected"


async def test_what_others_write_on_a_booths_topics_is_not_told(
    livekit_server: LiveKitServer,
) -> None:
    forger = rtc.Room()
    async with (
        scripted(livekit_server, "forged") as on,
        feeds(livekit_server) as rooms,
        rooms.watch("forged") as feed,
    ):
        await forger.connect(livekit_server.url, livekit_server.token("forged", "mallory"))
        try:
            await forger.local_participant.set_attributes({"pressbox.status": "{}"})
            with feed.events.follow() as events:
                lie = '{"id": "lie", "kind": "alert"}'
                await forger.local_participant.send_text(lie, topic="pressbox.line")
                await asyncio.sleep(0.3)
                await on.send("pressbox.line", "no JSON")
                await on.line("start", "truth")
                told = [json.loads(one.data).get("id") for one in await events.next()]
        finally:
            await forger.disconnect()
    assert told == ["truth"]


async def test_a_room_that_nobody_looks_after_gets_a_commentator_once(
    livekit_server: LiveKitServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def orders(room: str) -> int:
        async with livekit_server.api() as client:
            there = await client.agent_dispatch.list_dispatch(room)
        return sum(one.agent_name == AGENT_NAME for one in there)

    async def one(room: str) -> bool:
        return await orders(room) == 1

    for module in (connection, commentators):
        monkeypatch.setattr(module, "PATIENCE", 0.3)
    page = Server(settings(livekit_server), Page(tmp_path)).app()
    key = livekit_server.environment
    (tmp_path / "livekit.env").write_text("".join(f"{k}={v}\n" for k, v in key.items()))
    async with (
        camera(livekit_server, "robots"),
        camera(livekit_server, "phones"),
        camera(livekit_server, "launched"),
        TestClient(TestServer(page)) as browser,
        feeds(livekit_server) as rooms,
        feeds(livekit_server, state_dir=tmp_path) as with_launcher,
        with_launcher.watch("launched"),
        rooms.watch("robots"),
        rooms.watch("new"),
    ):
        await until(lambda: one("robots"))
        await until(lambda: one("new"))
        nobody: dict[str, list[str]] = {"agents": []}
        for agents in (nobody, None):
            body = {"room_name": "phones", "room_config": agents}
            assert await orders("phones") == 0
            assert (await browser.post("/api/livekit/token", json=body)).status == 201
            await asyncio.sleep(0.6 if agents else 0)
        await until(lambda: one("phones"))
        async with with_launcher.watch("robots"):
            await asyncio.sleep(1.0)  # as long as it took, at least
        assert await orders("robots") == 1
        assert await orders("launched") == 0, "a launcher finds the wish of who watches"
