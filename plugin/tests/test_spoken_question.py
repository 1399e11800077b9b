"""Questions that are spoken: what is kept of the sound, and to whom it is sent."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
import wave

import numpy as np
import pytest
from gated_engine import hang, say
from livekit import rtc
from livekit.plugins.pressbox.spoken_question import MAX_SECONDS, SAMPLE_RATE, SpokenQuestion
from plugin_stage import plugin_stage
from sounds import frames

pytestmark = pytest.mark.unit


def taken(memory: SpokenQuestion, sound: list[rtc.AudioFrame]) -> bytes:
    for frame in sound:
        memory.push(frame)
    memory.commit()
    return memory.take()


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (16_000, 1), (8000, 1)])
def test_sound_of_any_kind_becomes_what_engines_hear(rate: int, channels: int) -> None:
    pcm = taken(SpokenQuestion(), frames(1.0, rate=rate, channels=channels))
    sound = np.frombuffer(pcm, "<i2").astype(np.float64)
    assert len(sound) / SAMPLE_RATE == pytest.approx(1.0, abs=0.0005)
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


ASKED = [
    (True, True, "", "", True),
    (True, True, "What colour?", "", True),
    (True, False, "", "", True),
    (True, False, "What colour?", "", False),
    (True, False, "", "Greet them.", False),
    (False, True, "", "", False),
]


@pytest.mark.parametrize(("hears", "committed", "question", "instructions", "sent"), ASKED)
async def test_what_was_said_goes_to_an_engine_that_hears(
    hears: bool, committed: bool, question: str, instructions: str, sent: bool,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG, "livekit.plugins.pressbox")
    monkeypatch.setattr("livekit.plugins.pressbox.engine.EngineClient.hears", hears)
    async with plugin_stage(hang(), say("Red.")) as on:
        await on.engine.wait_requests(1)
        for frame in frames(1.0):
            on.session.push_audio(frame)
        if committed:
            on.session.commit_audio()
        if question:
            reply = await on.ask(question)
        elif instructions:
            reply = on.session.generate_reply(instructions=instructions)
        else:
            reply = on.session.generate_reply()
        on.play(await asyncio.wait_for(reply, 10))
        content = on.engine.requests[1]["messages"][-1]["content"]
        assert content[0]["type"] == "image_url"
        assert [part["type"] for part in content[-2:]].count("input_audio") == sent
        if question or instructions:
            assert content[-1]["text"] == (question or instructions)
        if sent:
            sound = content[-2]["input_audio"]
            with wave.open(io.BytesIO(base64.b64decode(sound["data"]))) as file:
                assert file.getnframes() / file.getframerate() == pytest.approx(1.0, abs=0.03)
        await on.until(lambda: len(on.heard) >= 1)
        assert (on.heard[0].text, on.heard[0].kind) == ("Red.", "answer")
    assert len([one for one in caplog.messages if "does not hear" in one]) == (not hears)
