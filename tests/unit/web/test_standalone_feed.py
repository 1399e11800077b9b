"""A booth without a room, but for source and engine, on virtual time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.settings import Settings
from ingress.reader.messages import RawPicture, Sound
from ingress.report import SourceReport
from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import GATES_OPEN
from tests.unit.commentator.scripted_client import Say, ScriptedClient
from web.feed import CallError
from web.pictures import Size
from web.standalone.feed import StandaloneFeed

WIDTH, HEIGHT, FPS = 64, 48, 10
HUM = np.full(480, 500, np.int16).tobytes()


class Film:
    """What a reader gives: pictures and a hum while the camera is there."""

    def __init__(self) -> None:
        self.there = True
        self.open = 0
        self.tell("live")

    def tell(self, state: Any, error: str = "") -> None:
        about = ("cam", "", "rtsp://cam", "standalone")
        self.report = lambda: SourceReport(*about, state=state, error=error)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    async def __aiter__(self) -> AsyncIterator[Any]:
        for number in count():
            now = time.monotonic()
            if self.there:
                grey = np.full((HEIGHT * 3 // 2, WIDTH), 10 * number % 200, np.uint8)
                yield RawPicture(WIDTH, HEIGHT, now, now, grey.tobytes())
                for at in range(10):
                    yield Sound(now - 0.1 + at / 100, now, HUM)
            await asyncio.sleep(1 / FPS)


@dataclass(eq=False)
class Stage:
    feed: StandaloneFeed
    client: ScriptedClient
    film: Film
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    ages: list[float] = field(default_factory=list)
    """Of the pictures, when they were seen: seconds since they were captured."""
    loud: list[float] = field(default_factory=list)
    """When speech was heard."""

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for one, data in self.events if one == kind]

    def ended(self, kind: str = "commentary") -> list[dict[str, Any]]:
        lines = [line for line in self.of("line") if line["kind"] == kind]
        return [line for line in lines if line["phase"] == "end" and not line["dropped"]]

    async def until(self, condition: Callable[[], bool], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.05)

    async def call(self, method: str, name: str = "", **payload: object) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(await self.feed.call(method, json.dumps(payload), name))
        return found

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """A page that shows all."""
        tasks = {asyncio.create_task(one()) for one in (self._follow, self._look, self._listen)}
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _follow(self) -> None:
        with self.feed.events.follow() as follower:
            while found := await follower.next():
                self.events += [(event.kind, json.loads(event.data)) for event in found]

    async def _look(self) -> None:
        self.feed.pictures.enter(Size())
        try:
            after = 0
            while jpeg := await self.feed.pictures.next(Size(), after):
                after = jpeg.number
                self.ages.append(time.time() - jpeg.captured)
        finally:
            self.feed.pictures.leave(Size())

    async def _listen(self) -> None:
        async with aclosing(self.feed.sound.listen()) as chunks:
            async for chunk in chunks:
                if np.abs(np.frombuffer(chunk, np.int16)).max() > 3_000:
                    self.loud.append(time.monotonic())


Staging = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Staging:
    @asynccontextmanager
    async def stage_(client: ScriptedClient | None = None, **more: Any) -> AsyncIterator[Stage]:
        client = client or ScriptedClient()
        monkeypatch.setattr("agent.booth.Engines", lambda *_, **__: client)
        film = Film()
        given = {"room": "alone", "tts": "engine", **GATES_OPEN, **more}
        feed = StandaloneFeed(Settings(state_dir=tmp_path, **given), "cam", film.read)
        await feed.start()
        try:
            yield Stage(feed, client, film)
        finally:
            await feed.aclose()
            await feed.aclose()
            assert film.open == 0

    return stage_


@virtual
async def test_lines_are_heard_and_read_with_their_pictures(stage: Staging) -> None:
    client = ScriptedClient(answer=lambda _: Say("One two three.", seconds=1.5))
    async with stage(client, tts_pause_after=1.0) as on, on.watching():
        await on.until(lambda: len(on.ended()) >= 5)
    delay = on.feed.status["delay"]
    assert isinstance(delay, float)
    assert all(-0.1 < age - delay < 0.2 for age in on.ages[20:]), "seen when on display"
    begins = [at for before, at in zip([0.0, *on.loud], on.loud, strict=False) if at - before > 0.5]
    starts = [line for line in on.of("line") if line["phase"] == "start"]
    shown = [line["display_time"] - (time.time() - time.monotonic()) for line in starts]
    for begin, display in zip(begins, shown, strict=False):
        assert -0.06 < begin - display < 0.12
    words = [one for one in on.of("words") if one["id"] == starts[0]["id"]]
    assert words[-1] == {"id": starts[0]["id"], "text": "One two three.", "final": True}
    assert len(words) >= 4, "word by word"


@virtual
async def test_viewers_ask_and_steer_and_settings_are_kept(stage: Staging) -> None:
    async with stage() as on, on.watching():
        await on.until(lambda: bool(on.ended()))
        answer = await on.call("pressbox.ask", "Ann", text="What is it?", wait=True)
        assert answer["text"] == "Something happens."
        await on.until(lambda: bool(on.ended("answer")))
        (line,) = on.ended("answer")
        assert line["id"] == answer["id"]
        await on.call("pressbox.ask", "Bob", text="And now?", wait=True)
        asked = [one for one in on.client.requests if one.kind == "answer"]
        assert "the name of who asked: Bob" in str(asked[-1].messages)
        with pytest.raises(CallError, match="delay") as refused:
            await on.call("pressbox.set", delay=99)
        assert refused.value.status == 400
        assert refused.value.problems["problems"][0]["key"] == "delay"  # type: ignore[index]
        with pytest.raises(CallError, match="not know") as unknown:
            await on.call("pressbox.nothing")
        assert unknown.value.status == 404
        await on.call("pressbox.set", mode="idle", focus="the ball")
        await on.until(lambda: on.of("status")[-1].get("focus") == "the ball")
    async with stage() as on:
        found = await on.call("pressbox.get")
        assert (found["mode"], found["focus"]) == ("idle", "the ball")


@virtual
async def test_commentary_rests_while_nobody_watches(stage: Staging) -> None:
    async with stage(idle_after=5.0) as on:
        await asyncio.sleep(10)
        asked = on.client.count
        await asyncio.sleep(30)
        assert on.client.count == asked
        assert on.feed.status["paused"] == "nobody is watching"
        async with on.watching():
            await on.until(lambda: bool(on.ended()))


@virtual
async def test_a_source_that_goes_away_is_told_and_comes_back(stage: Staging) -> None:
    async with stage() as on, on.watching():
        await on.until(lambda: bool(on.ended()))
        assert (await on.feed.live(32, 32, 80)).startswith(b"\xff\xd8")
        on.film.there = False
        on.film.tell("reconnecting", "the camera does not answer")
        await on.until(lambda: on.feed.status["capture"] == "lost")
        status = on.of("status")[-1]
        assert status["source_state"] == "reconnecting"
        assert status["error"] == "cam: reconnecting, the camera does not answer"
        with pytest.raises(CallError, match="cam"):
            await on.feed.live(32, 32, 80)
        await asyncio.sleep(20)
        said = len(on.ended())
        on.film.there = True
        on.film.tell("live")
        await on.until(lambda: len(on.ended()) > said)
        assert on.feed.status["error"] == ""


@virtual
async def test_who_looks_now_and_then_sees_no_old_picture(stage: Staging) -> None:
    async with stage(delay=2.0) as on, on.feed.watch("alone"):
        with pytest.raises(CallError, match="alone"):
            async with on.feed.watch("lobby"):
                pass
        await asyncio.sleep(5)
        for _ in range(3):
            on.feed.pictures.enter(Size())
            jpeg = await on.feed.pictures.next(Size())
            on.feed.pictures.leave(Size())
            assert jpeg is not None
            assert time.time() - jpeg.captured < 2.3
            await asyncio.sleep(5)
