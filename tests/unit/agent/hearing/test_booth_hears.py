"""Spoken questions in a whole booth, on virtual time."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from livekit import rtc

from tests.support.fake_remote import FakeRemoteParticipant
from tests.support.fake_rtc import FakeRtc
from tests.support.virtual_time import virtual
from tests.unit.agent.booth_stage import BoothStage, booth_stage

from .stage import FakeAudioStream, FakeVoiceActivity, Person, ScriptedStt, breathe

SILENT = 0.2


@pytest.fixture
def stt(monkeypatch: pytest.MonkeyPatch) -> ScriptedStt:
    """What stands in the place of Whisper."""
    FakeAudioStream.open.clear()
    made = ScriptedStt()
    monkeypatch.setattr(rtc, "AudioStream", FakeAudioStream)
    monkeypatch.setattr("agent.hearing.ear.VoiceActivity", FakeVoiceActivity)
    monkeypatch.setattr("agent.hearing.stt.Whisper", lambda _: made)
    return made


def viewer(on: BoothStage) -> Person:
    participant: Any = on.room.remote_participants["viewer"]
    assert isinstance(participant, FakeRemoteParticipant)
    return Person(participant, muted=False)


def playing(on: BoothStage) -> list[str]:
    return [line.kind for line in on.booth.commentator.lines if line.state == "playing"]


async def until_playing(on: BoothStage, kind: str, within: float = 60.0) -> float:
    await on.until(lambda: kind in playing(on), within)
    return time.monotonic()


@virtual
async def test_who_holds_the_button_is_not_talked_over_and_is_answered(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stt: ScriptedStt
) -> None:
    async with booth_stage(fake_rtc, monkeypatch, tmp_path) as on:
        person = viewer(on)
        air = asyncio.create_task(breathe([person]))
        await until_playing(on, "commentary")
        person.hold(True)
        await asyncio.sleep(SILENT)
        person.speaking = True
        for _ in range(40):
            assert playing(on) == []
            await asyncio.sleep(0.1)
        person.speaking = False
        person.hold(False)
        await until_playing(on, "answer", 5.0)
        assert [line.question for line in on.in_state("playing") if line.kind == "answer"] == [
            "What is it?"
        ]
        await until_playing(on, "commentary")
        air.cancel()


@virtual
async def test_commentary_goes_on_where_nothing_was_asked_and_what_fails_is_told(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stt: ScriptedStt
) -> None:
    async with booth_stage(fake_rtc, monkeypatch, tmp_path) as on:
        person = viewer(on)
        air = asyncio.create_task(breathe([person]))
        await until_playing(on, "commentary")
        person.hold(True)
        await asyncio.sleep(1.0)
        person.hold(False)
        released = time.monotonic()
        assert await until_playing(on, "commentary") - released > 1.5
        stt.texts = [""]
        person.hold(True)
        await person.say(1.0)
        person.hold(False)
        await on.until(lambda: "viewer" in on.status["error"])
        await until_playing(on, "commentary")
        air.cancel()


@virtual
async def test_an_order_is_given_aloud(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stt: ScriptedStt
) -> None:
    async with booth_stage(fake_rtc, monkeypatch, tmp_path, listen="voice") as on:
        person = viewer(on)
        air = asyncio.create_task(breathe([person]))
        await until_playing(on, "commentary")
        stt.texts = ["Pressbox, stop."]
        await person.say(1.0)
        await on.until(lambda: on.status["mode"] == "idle")
        air.cancel()


@virtual
async def test_a_booth_closes_while_somebody_talks(
    fake_rtc: FakeRtc, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, stt: ScriptedStt
) -> None:
    async with booth_stage(fake_rtc, monkeypatch, tmp_path) as on:
        person = viewer(on)
        air = asyncio.create_task(breathe([person]))
        await asyncio.sleep(1.0)
        person.hold(True)
        await person.say(1.0)
        stt.seconds = 10.0
        person.hold(False)
        await asyncio.sleep(1.0)
        person.hold(True)
        person.speaking = True
        await asyncio.sleep(1.0)
        air.cancel()
    assert stt.closed
    assert FakeAudioStream.open == {}
