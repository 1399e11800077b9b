"""Questions that are spoken: what is kept of the sound, and to whom it is sent."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from livekit import rtc

from agent.plugin.spoken_question import MAX_SECONDS, SAMPLE_RATE, SpokenQuestion
from tests.support.gated_engine import hang, say

from .plugin_stage import PluginStage, plugin_stage
from .sounds import frames


def taken(memory: SpokenQuestion, sound: list[rtc.AudioFrame]) -> bytes:
    for frame in sound:
        memory.push(frame)
    memory.commit()
    return memory.take()


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (16_000, 1), (8000, 1)])
def test_sound_of_any_kind_becomes_what_engines_hear(rate: int, channels: int) -> None:
    pcm = taken(SpokenQuestion(), frames(1.0, rate=rate, channels=channels))
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    assert len(sound) / SAMPLE_RATE == pytest.approx(1.0, abs=0.03)
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    assert power.argmax() * SAMPLE_RATE / len(sound) == pytest.approx(440, abs=3)
    assert np.abs(sound[1000:-1000]).max() == pytest.approx(0.3 * 32767, rel=0.05)


def test_the_newest_thirty_seconds_are_kept() -> None:
    pcm = taken(SpokenQuestion(), [*frames(5, hertz=300), *frames(MAX_SECONDS, hertz=700)])
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    assert len(sound) == pytest.approx(MAX_SECONDS * SAMPLE_RATE, abs=200)
    start = sound[:SAMPLE_RATE]
    assert np.abs(np.fft.rfft(start)).argmax() == pytest.approx(700, abs=3)


def test_a_question_is_asked_once_and_begins_after_the_last_one() -> None:
    memory = SpokenQuestion()
    first = taken(memory, frames(1.0))
    assert memory.take() == b""
    second = taken(memory, frames(0.5))
    assert len(second) == pytest.approx(len(first) / 2, rel=0.05)


def test_what_was_not_committed_or_was_cleared_is_no_question() -> None:
    memory = SpokenQuestion()
    for frame in frames(1.0):
        memory.push(frame)
    assert memory.take() == b""
    memory.commit()
    memory.clear()
    assert memory.take() == b""
    assert taken(memory, frames(1.0, level=0.0)) == b"", "silence"
    assert taken(memory, frames(0.1)) == b"", "a click"


@asynccontextmanager
async def listening(
    *script: Any, hears: bool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PluginStage]:
    """A session whose engine says that it hears, or not; it has been asked for commentary."""
    monkeypatch.setattr("agent.commentator.engine.client.EngineClient.hears", hears)
    async with plugin_stage(hang(), *script) as on:
        await on.engine.wait_requests(1)
        yield on


def parts(on: PluginStage) -> list[str]:
    return [part["type"] for part in on.engine.requests[1]["messages"][-1]["content"]]


async def test_an_engine_that_hears_gets_the_question_with_the_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with listening(say("Red."), hears=True, monkeypatch=monkeypatch) as on:
        for frame in frames(1.0):
            on.session.push_audio(frame)
        on.session.commit_audio()
        on.play(await asyncio.wait_for(on.session.generate_reply(), 10))
        assert parts(on)[0] == "image_url"
        assert parts(on)[-2:] == ["input_audio", "text"]
        content = on.engine.requests[1]["messages"][-1]["content"]
        assert content[-1]["text"] == "Answer the question that you hear."
        sound = content[-2]["input_audio"]
        assert sound["format"] == "wav"
        with wave.open(io.BytesIO(base64.b64decode(sound["data"]))) as file:
            assert file.getnframes() / file.getframerate() == pytest.approx(1.0, abs=0.03)
        assert on.engine.requests[1]["pressbox"]["kind"] == "answer"
        await on.until(lambda: len(on.heard) >= 1)
        assert on.heard[0].text == "Red."


async def test_a_written_question_goes_with_the_sound_that_was_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with listening(say("Red."), hears=True, monkeypatch=monkeypatch) as on:
        for frame in frames(1.0):
            on.session.push_audio(frame)
        on.session.commit_audio()
        await asyncio.wait_for(await on.ask("What colour?"), 10)
        assert parts(on)[-2:] == ["input_audio", "text"]
        assert on.engine.requests[1]["messages"][-1]["content"][-1]["text"] == "What colour?"


async def test_a_bare_request_asks_what_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(say("Red."), hears=True, monkeypatch=monkeypatch) as on:
        for frame in frames(1.0):
            on.session.push_audio(frame)
        await asyncio.wait_for(on.session.generate_reply(), 10)
        assert parts(on)[-2:] == ["input_audio", "text"]


@pytest.mark.parametrize("instructions", ["", "Greet them."])
async def test_sound_that_nobody_committed_is_not_sent(
    instructions: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listening(say("Red."), hears=True, monkeypatch=monkeypatch) as on:
        for frame in frames(1.0):
            on.session.push_audio(frame)
        if instructions:
            reply = on.session.generate_reply(instructions=instructions)
        else:
            reply = await on.ask("What colour?")
        await asyncio.wait_for(reply, 10)
        assert "input_audio" not in parts(on)


async def test_an_engine_that_does_not_hear_is_not_sent_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "agent.plugin")
    async with listening(say("Hm."), hears=False, monkeypatch=monkeypatch) as on:
        for frame in frames(1.0):
            on.session.push_audio(frame)
        on.session.commit_audio()
        await asyncio.wait_for(on.session.generate_reply(), 10)
        assert "input_audio" not in parts(on)
    told = [one for one in caplog.messages if "does not hear" in one]
    assert len(told) == 1
