"""piper's real way from text to sound, with a tiny voice that hums."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from agent.voice.choice import VoiceChoice
from speech import piper_voices
from speech.espeak_voice import EspeakVoice
from speech.piper_model import VOLUME
from speech.piper_voice import PiperVoice
from speech.voice import SAMPLE_RATE, SpeechError

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("piper") is None or importlib.util.find_spec("onnx") is None,
    reason="piper-tts and onnx are not installed",
)

NAME = "en_US-hum-low"
TEXT = "A round red shape crosses the picture."


@pytest.fixture
def voices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for voices."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pressbox/piper"


@pytest_asyncio.fixture
async def voice(voices: Path) -> AsyncIterator[PiperVoice]:
    from tests.support.piper_voice import make_voice

    make_voice(voices, NAME)
    made = PiperVoice(NAME)
    yield made
    await made.aclose()


async def pieces(voice: PiperVoice, text: str = TEXT) -> list[bytes]:
    async with aclosing(voice.say(text)) as speech:
        return [piece async for piece in speech]


async def test_text_becomes_sound_at_our_rate(voice: PiperVoice) -> None:
    from tests.support.piper_voice import SAMPLES, TONE

    sound = np.frombuffer(b"".join(await pieces(voice)), "<i2").astype(np.float64)
    # piper puts a pad between all phonemes and before and after them: 2 n + 3 ids of a sentence
    ids = len(sound) / SAMPLE_RATE * 22_050 / SAMPLES
    assert ids == pytest.approx(round(ids), abs=0.01)
    assert round(ids) > 2 * 25
    assert len(await pieces(voice, "One thing. Another thing. A third thing.")) >= 3
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    peak = power.argmax() * SAMPLE_RATE / len(sound)
    assert peak == pytest.approx(TONE, abs=2)
    assert np.abs(sound).max() == pytest.approx(VOLUME * 32767, rel=0.02)


@pytest.mark.parametrize("text", ["", "...", "\N{GRINNING FACE}", "Tom & <b> \x07", "[[ ]]"])
async def test_odd_texts(voice: PiperVoice, text: str) -> None:
    assert len(b"".join(await pieces(voice, text))) < SAMPLE_RATE * 2 * 10


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("not here", rf"models pull {NAME}$"),
        ("broken", rf"^piper cannot load {NAME} .*: pull it again$"),
        ("no piper", r"^piper is not installed: make voice-piper$"),
    ],
)
async def test_a_voice_that_cannot_speak(
    voices: Path, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    from tests.support.piper_voice import make_voice

    if state != "not here":
        file = make_voice(voices, NAME)
    if state == "broken":
        file.write_bytes(b"no model")
    if state == "no piper":
        monkeypatch.setitem(sys.modules, "piper", None)
    with pytest.raises(SpeechError, match=words) as found:
        await PiperVoice(NAME).prepare()
    assert "\n" not in str(found.value)


def test_a_voice_for_a_language(voices: Path) -> None:
    for name in ("en_GB-alan-low", "en_US-lessac-medium", "de_DE-thorsten-high"):
        (voices / name).mkdir(parents=True)
        (voices / name / f"{name}.onnx").touch()
        (voices / name / f"{name}.onnx.json").touch()
    (voices / "fr_FR-half-low").mkdir()
    (voices / "fr_FR-half-low/fr_FR-half-low.onnx").touch()
    assert piper_voices.for_language("en-US") == "en_US-lessac-medium"
    assert piper_voices.for_language("en") == "en_GB-alan-low"
    assert piper_voices.for_language("de-AT") == "de_DE-thorsten-high"
    with pytest.raises(SpeechError, match="no voice for fr here"):
        piper_voices.for_language("fr")


def test_auto_takes_it_where_it_has_a_voice_for_the_language(voices: Path) -> None:
    (voices / NAME).mkdir(parents=True)
    (voices / NAME / f"{NAME}.onnx").touch()
    (voices / NAME / f"{NAME}.onnx.json").touch()
    auto = VoiceChoice("auto")
    assert isinstance(auto.make("en-GB", ""), PiperVoice)
    assert isinstance(auto.make("de", NAME), PiperVoice)
    assert isinstance(auto.make("de", ""), EspeakVoice)
    assert isinstance(auto.make("en", "en-us+f3"), EspeakVoice)
    assert isinstance(VoiceChoice("espeak").make("en", ""), EspeakVoice)
