"""A whole booth on virtual time: a fake room, a camera, a viewer, and a scripted engine."""

from __future__ import annotations

import asyncio
import json
import time
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc
from livekit.plugins.pressbox.commentator import Line, State

from agent.booth import Booth
from agent.room.chosen import choose
from agent.room.control import SET
from agent.room.questions.chat import TOPIC as CHAT
from agent.room.status import STATUS
from agent.surroundings import in_livekit
from config.agent_name import LINE_TOPIC
from config.room_state import RoomState
from config.settings import Settings
from config.tasks import Tasks
from tests.support.fake_remote import FakeRemoteParticipant, FakeRemotePublication
from tests.support.fake_rtc import FakeRoom, FakeRtc
from tests.unit.agent.picture.source_stage import FakeStream, event
from tests.unit.commentator.scripted_client import ScriptedClient


@dataclass(eq=False)
class BoothStage:
    rtc: FakeRtc
    booth: Booth
    room: FakeRoom
    client: ScriptedClient
    camera: FakeRemoteParticipant
    track: FakeRemotePublication
    fps: float = 5.0
    filming: bool = True
    states: list[tuple[float, Line, State]] = field(default_factory=list)

    @property
    def status(self) -> dict[str, Any]:
        """What a viewer reads."""
        published = self.room.local_participant.attributes.get(STATUS)
        found: dict[str, Any] = json.loads(published) if published else {"error": "", "engine": ""}
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What came on `pressbox.line`."""
        return [json.loads(text.text) for text in self.room.local.texts if text.topic == LINE_TOPIC]

    def in_state(self, state: State) -> list[Line]:
        return [line for _, line, one in self.states if one == state]

    async def until(self, condition: Callable[[], bool], within: float = 60.0) -> None:
        async with asyncio.timeout(within):
            while not condition():
                await asyncio.sleep(0.05)

    def ask(self, question: str) -> None:
        """As a viewer, on `lk.chat`."""
        self.room.stream(CHAT, "viewer", [question])

    async def set(self, **changes: object) -> None:
        """As a viewer, by `pressbox.set`."""
        await self.room.local.called(SET, json.dumps(changes), caller="viewer")

    def forget_what_the_fakes_keep(self) -> None:
        self.room.local.texts.clear()
        self.room.local.streams.clear()
        self.room.local.transcriptions.clear()
        self.room.local.attributes_set.clear()
        for audio in self.rtc.audio_sources:
            audio.heard.clear()
        for video in self.rtc.video_sources:
            video.sent.clear()

    async def film(self) -> None:
        number = 0
        while True:
            if self.filming:
                number += 1
                for stream in list(FakeStream.open.values()):
                    stream.put(event(32, number % 200))
            await asyncio.sleep(1 / self.fps)


GATES_OPEN = {
    "tts_pause_after": 0.2,
    "inference_interval": 0.0,
    "change_threshold": 0.0,
    "repeat_threshold": 1.0,
}
"""One line after another, whatever the picture does and whatever they say."""


StagedBooth = Callable[..., AbstractAsyncContextManager[BoothStage]]
"""The fixture `staged_booth`: `booth_stage` in a fake room and an empty folder."""


@asynccontextmanager
async def booth_stage(
    fake_rtc: FakeRtc,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    client: ScriptedClient | None = None,
    *,
    fps: float = 5.0,
    keeps: bool = True,
    **settings: Any,
) -> AsyncIterator[BoothStage]:
    """A booth that watches a camera and is watched by a viewer."""
    FakeStream.open.clear()
    client = client or ScriptedClient()
    monkeypatch.setattr("agent.picture.source.FrameStream", FakeStream)
    monkeypatch.setattr("agent.booth.Engines", lambda *_, **__: client)
    room = fake_rtc.room()
    room.join("viewer")
    camera = room.join("cam", kind=rtc.ParticipantKind.PARTICIPANT_KIND_INGRESS)
    track = camera.publish()
    process = Settings(
        state_dir=folder,
        tts="engine",
        **GATES_OPEN | settings,
    )
    state = RoomState(folder, room.name)
    chosen = choose(process.room_settings(), "", state.load())
    booth = Booth(in_livekit(room), process, chosen, state=state)
    on = BoothStage(fake_rtc, booth, room, client, camera, track, fps)
    if keeps:
        booth.commentator.lines.listen(
            lambda line: on.states.append((time.monotonic(), line, line.state))
        )
    await booth.start()
    film = asyncio.create_task(on.film())
    try:
        yield on
    finally:
        film.cancel()
        await booth.aclose()
        await booth.aclose()
        await asyncio.wait({film})
        assert FakeStream.open == {}
        assert all(source.closed for source in fake_rtc.audio_sources)
        assert all(source.closed for source in fake_rtc.video_sources)


class Killer:
    """Lets each kept task be ended by an error where it waits, as a bug of ours or of LiveKit's
    would end it.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.names: list[str] = []
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._doomed: set[str] = set()
        keep = Tasks.keep

        def mortal(
            tasks: Tasks, name: str, run: Callable[[], Coroutine[None, None, None]]
        ) -> asyncio.Task[None]:
            async def work() -> None:
                await self._mortal(name, run())  # type: ignore[misc]

            self.names.append(name)
            self._tasks[name] = keep(tasks, name, work)
            return self._tasks[name]

        monkeypatch.setattr(Tasks, "keep", mortal)

    def kill(self, name: str) -> None:
        self._doomed.add(name)
        self._tasks[name].cancel()

    @types.coroutine
    def _mortal(self, name: str, work: Coroutine[Any, None, None]) -> Generator[Any, Any, None]:
        error: BaseException | None = None
        while True:
            try:
                waits_for = work.throw(error) if error else work.send(None)
            except StopIteration:
                return
            error = None
            try:
                yield waits_for
            except BaseException as raised:
                error = raised
                if name in self._doomed:
                    self._doomed.remove(name)
                    self._tasks[name].uncancel()
                    error = RuntimeError("killed by the test")
