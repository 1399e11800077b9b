"""The voice: what it sounds like, measured, and that it can be stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from speech import espeak_voices as voices
from speech import program_voice
from speech.espeak_voice import EspeakVoice
from speech.voice import SAMPLE_RATE, SpeechError

TEXT = "A round red shape crosses the picture from left to right."

Samples = NDArray[np.float64]


@pytest_asyncio.fixture
async def voice() -> AsyncIterator[EspeakVoice]:
    made = EspeakVoice()
    yield made
    await made.aclose()


async def pieces(voice: EspeakVoice, text: str = TEXT, name: str = "") -> list[bytes]:
    async with aclosing(voice.say(text, name)) as speech:
        return [piece async for piece in speech]


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, dtype="<i2").astype(np.float64)


def spectrum(sound: Samples) -> tuple[Samples, Samples]:
    """Frequencies in Hz and power."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    return np.asarray(np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)), np.asarray(power)


@pytest.mark.parametrize("name", ["", "en-us+f3", "de", "alloy", "EN-GB"])
async def test_it_sounds_like_speech(voice: EspeakVoice, name: str) -> None:
    sound = samples(b"".join(await pieces(voice, name=name)))
    assert 2.0 < len(sound) / SAMPLE_RATE < 6.0
    assert np.abs(sound).max() < 32_000  # no clipping
    assert 800 < np.sqrt(np.mean(sound**2)) < 8000
    assert abs(sound.mean()) < 100  # no offset
    frequencies, power = spectrum(sound)
    voiced = power[(frequencies > 80) & (frequencies < 4000)].sum()
    assert voiced > 0.9 * power.sum()
    assert power[frequencies > 11_500].sum() < 1e-3 * power.sum()  # no images of the resampling
    loud = np.sqrt(np.convolve(sound**2, np.ones(480) / 480, "same"))
    assert loud[: SAMPLE_RATE // 4].max() > 300  # it begins at once
    assert (loud < 30).mean() < 0.4


async def test_closing_stops_the_synthesis(voice: EspeakVoice) -> None:
    speech = voice.say(" ".join([TEXT] * 10), "")
    await anext(speech)
    await speech.aclose()
    after = len(b"".join(await pieces(voice, "Next.")))
    again = len(b"".join(await pieces(voice, "Next.")))
    assert after == pytest.approx(again, abs=SAMPLE_RATE // 10)  # nothing of the long one in it


async def test_errors_reach_the_reader(voice: EspeakVoice) -> None:
    with pytest.raises(SpeechError, match="does not know the voice"):
        await pieces(voice, name="klingon-opera")
    assert await pieces(voice)


@pytest.mark.parametrize("text", ["...", "", "\N{GRINNING FACE}", "a" * 5000, "Tom & <b> \x07"])
async def test_odd_texts(voice: EspeakVoice, text: str) -> None:
    got = b"".join(await pieces(voice, text))
    assert len(got) / 2 / SAMPLE_RATE < 120


@pytest.mark.parametrize(
    ("name", "language", "file"),
    [
        *(("", "en", "en-US"), ("en-gb", "en-GB", "en"), ("German", "de-DE", "de")),
        *(("EN-US+F3", "", "en-US+f3"), ("pt-BR", "pt_BR", "pt-BR"), ("", "xx", "en-US")),
    ],
)
def test_voices(name: str, language: str, file: str) -> None:
    assert voices.resolve(name) == file
    assert not language or voices.resolve(voices.for_language(language)) == file


async def test_its_crash_costs_what_it_speaks_and_nothing_else(voice: EspeakVoice) -> None:
    speech = voice.say(" ".join([TEXT] * 10))
    await anext(speech)
    assert voice.pid
    os.kill(voice.pid, signal.SIGSEGV)
    with pytest.raises(SpeechError, match="espeak-ng ended"):
        async for _ in speech:
            pass
    assert await pieces(voice)


async def test_a_program_that_hangs_is_ended_and_started_anew(
    voice: EspeakVoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await voice.prepare()
    assert voice.pid
    os.kill(voice.pid, signal.SIGSTOP)
    monkeypatch.setattr(program_voice, "SILENT", 0.2)
    with pytest.raises(SpeechError, match="says nothing"):
        await pieces(voice)
    monkeypatch.undo()
    assert await pieces(voice)


async def test_nothing_of_espeak_ng_is_loaded_here() -> None:
    modules = "agent.voice.speaker, models.sketch.engine, sys"
    code = f"import {modules}; print('espeakng_loader' in sys.modules)"
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await run.communicate()
    assert out.strip() == b"False"
