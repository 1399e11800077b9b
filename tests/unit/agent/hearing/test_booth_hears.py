"""Spoken questions in a whole booth, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import BoothStage, StagedBooth

from .stage import Person, ScriptedStt, breathe, fake_sound

SpokenTo = Callable[..., AbstractAsyncContextManager[tuple[BoothStage, Person]]]


@pytest.fixture
def stt(monkeypatch: pytest.MonkeyPatch) -> ScriptedStt:
    """What stands in the place of Whisper."""
    made = ScriptedStt()
    fake_sound(monkeypatch)
    monkeypatch.setattr("agent.hearing.stt.Whisper", lambda _: made)
    return made


@pytest.fixture
def spoken_to(staged_booth: StagedBooth, stt: ScriptedStt) -> SpokenTo:
    """A booth that comments, and its viewer's microphone."""

    @asynccontextmanager
    async def stage(**settings: object) -> AsyncIterator[tuple[BoothStage, Person]]:
        async with staged_booth(**settings) as on:
            viewer: Any = on.room.remote_participants["viewer"]
            person = Person(viewer, muted=False)
            air = asyncio.create_task(breathe([person]))
            await until_playing(on, "commentary")
            try:
                yield on, person
            finally:
                air.cancel()

    return stage


def playing(on: BoothStage) -> list[str]:
    return [line.kind for line in on.booth.commentator.lines if line.state == "playing"]


async def until_playing(on: BoothStage, kind: str, within: float = 60.0) -> None:
    await on.until(lambda: kind in playing(on), within)


@virtual
async def test_who_holds_the_button_is_not_talked_over_and_is_answered_or_obeyed(
    spoken_to: SpokenTo, stt: ScriptedStt
) -> None:
    async with spoken_to() as (on, person):
        person.hold(True)
        await asyncio.sleep(0.2)
        person.speaking = True
        for _ in range(40):
            assert playing(on) == []
            await asyncio.sleep(0.1)
        person.speaking = False
        person.hold(False)
        await until_playing(on, "answer", 5.0)
        (answer,) = [line for line in on.in_state("playing") if line.kind == "answer"]
        assert answer.question == "What is it?"
        await until_playing(on, "commentary")
        stt.texts = ["Stop."]
        await person.ask(then=0.0)
        await on.until(lambda: on.status["mode"] == "idle")
