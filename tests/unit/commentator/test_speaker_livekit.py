"""Voices that are LiveKit TTS plugins."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, APIStatusError, tts

from agent.voice import livekit_voice
from agent.voice.livekit_voice import LiveKitVoice, load
from speech.voice import SAMPLE_RATE, SpeechError

SECONDS = 0.5


def hum(rate: int, channels: int) -> bytes:
    """SECONDS of 440 Hz, the same in all channels."""
    times = np.arange(round(SECONDS * rate)) / rate
    wave = (8000 * np.sin(2 * np.pi * 440 * times)).astype("<i2")
    return np.repeat(wave, channels).tobytes()


class Chunked(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        made = self._tts
        assert isinstance(made, Humming)
        made.said.append(self.input_text)
        output_emitter.initialize(
            request_id="r",
            sample_rate=made.sample_rate,
            num_channels=made.num_channels,
            mime_type="audio/pcm",
        )
        if made.fault is not None:
            raise made.fault
        output_emitter.push(hum(made.sample_rate, made.num_channels))
        output_emitter.flush()
        if made.hangs:
            made.stuck.set()
            await asyncio.Event().wait()


class Streamed(tts.SynthesizeStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        made = self._tts
        assert isinstance(made, Humming)
        output_emitter.initialize(
            request_id="r",
            sample_rate=made.sample_rate,
            num_channels=made.num_channels,
            mime_type="audio/pcm",
            stream=True,
        )
        output_emitter.start_segment(segment_id="s")
        async for text in self._input_ch:
            if isinstance(text, str):
                made.said.append(text)
                self._mark_started()
                output_emitter.push(hum(made.sample_rate, made.num_channels))
        output_emitter.end_segment()


class Humming(tts.TTS[Any]):
    """The real interface; hums every text."""

    def __init__(
        self,
        *,
        rate: int = 44_100,
        channels: int = 2,
        streaming: bool = False,
        hangs: bool = False,
        fault: Exception | None = None,
        api_key: str = "",
    ) -> None:
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=streaming),
            sample_rate=rate,
            num_channels=channels,
        )
        if api_key == "wrong-key-123":
            raise ValueError(f"the key {api_key} is no good")
        self.hangs, self.fault = hangs, fault
        self.said: list[str] = []
        self.stuck = asyncio.Event()
        self.closed = False

    def synthesize(self, text: str, *, conn_options: APIConnectOptions) -> Chunked:  # type: ignore[override]
        if self.capabilities.streaming:
            raise NotImplementedError
        return Chunked(tts=self, input_text=text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions) -> Streamed:  # type: ignore[override]
        return Streamed(tts=self, conn_options=conn_options)

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed package livekit-plugins-humming."""
    folder = tmp_path / "livekit/plugins/humming"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(f"from {__name__} import Humming as TTS\n")
    broken = tmp_path / "livekit/plugins/broken"
    broken.mkdir()
    (broken / "__init__.py").write_text("import no_such_library_of_its_own\n")
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for name in ("humming", "broken"):
        sys.modules.pop(f"livekit.plugins.{name}", None)


async def spoken(voice: LiveKitVoice, text: str = "Hello there.") -> bytes:
    async with aclosing(voice.say(text)) as speech:
        return b"".join([piece async for piece in speech])


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (24_000, 1), (16_000, 1)])
async def test_sound_of_any_kind_becomes_ours(rate: int, channels: int, streaming: bool) -> None:
    made = Humming(rate=rate, channels=channels, streaming=streaming)
    sound = np.frombuffer(await spoken(LiveKitVoice(made)), "<i2").astype(np.float64)
    assert made.said == ["Hello there."]
    assert len(sound) / SAMPLE_RATE == pytest.approx(SECONDS, abs=0.02)
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    assert power.argmax() * SAMPLE_RATE / len(sound) == pytest.approx(440, abs=3)
    assert np.abs(sound[1000:-1000]).max() == pytest.approx(8000, rel=0.03)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (APIStatusError("quota is used up", status_code=402), "402: quota is used up"),
        (APIConnectionError("no way to\n the host"), "no way to the host"),
        (RuntimeError("outside of a job"), "outside of a job"),
        (ValueError("wss://host/v1?token=abc&x=1 refused"), "wss://host/v1 refused"),
        (ValueError("sk-secret-1234 is wrong"), r"\*\*\* is wrong"),
        (ValueError(""), "ValueError"),
    ],
)
async def test_errors_are_one_line_without_keys(
    fault: Exception, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUMMING_API_KEY", "sk-secret-1234")
    with pytest.raises(SpeechError, match=told) as found:
        await spoken(LiveKitVoice(Humming(fault=fault)))
    line = str(found.value)
    assert "\n" not in line
    assert "sk-secret" not in line
    assert "abc" not in line


async def test_a_plugin_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livekit_voice, "NEXT_SOUND", 0.2)
    with pytest.raises(SpeechError, match=r"gave no sound in time$"):
        await spoken(LiveKitVoice(Humming(hangs=True)))


async def test_closing_ends_the_request() -> None:
    made = Humming(hangs=True)
    speech = LiveKitVoice(made).say("Hello.")
    assert await anext(speech)
    await made.stuck.wait()
    await speech.aclose()  # the fixture for leaked tasks sees whether anything is left


@pytest.mark.usefixtures("plugin")
def test_plugins_are_found_and_their_errors_are_one_line() -> None:
    made = load("humming", {"rate": 8000, "channels": 1})
    assert (made.sample_rate, made.num_channels) == (8000, 1)
    with pytest.raises(SpeechError, match=r"humming: .*'colour'"):
        load("humming", {"colour": "red"})
    with pytest.raises(SpeechError, match=r"the key \*\*\* is no good"):
        load("humming", {"api_key": "wrong-key-123"})
    with pytest.raises(SpeechError, match=r"broken: .*no_such_library_of_its_own"):
        load("broken", {})
