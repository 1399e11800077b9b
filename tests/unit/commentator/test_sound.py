"""Sound of any kind becomes 24 kHz mono int16."""

from __future__ import annotations

import base64
import struct
from typing import Any

import numpy as np
import pytest
from gated_engine import chunk, stream, tone
from livekit.plugins.pressbox.engine import GarbageError
from livekit.plugins.pressbox.engine.sound import SoundReader

from .asking import answer, asking, pcm_of, text_of, wav

WAVE = np.frombuffer(tone(0.1), "<i2").astype(np.float64) / 32768


def header(tag: int = 1, bits: int = 16, *, channels: int = 1, rate: int = 24_000) -> bytes:
    """A WAV header that promises more samples than there are."""
    width = channels * bits // 8
    fmt = struct.pack("<IHHIIHH", 16, tag, channels, rate, rate * width, width, bits)
    return b"RIFF\xff\xff\xff\xffWAVEfmt " + fmt + b"data\xff\xff\xff\xff"


def read(*pieces: bytes) -> bytes:
    reader = SoundReader()
    return b"".join([reader.push(piece) for piece in pieces]) + reader.flush()


def test_bare_samples_pass_untouched_whatever_their_number() -> None:
    reader = SoundReader()
    assert [reader.push(b"\x01\x02\x03"), reader.push(b"\x04")] == [b"\x01\x02\x03", b"\x04"]
    assert reader.flush() == b""


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("tag", "bits", "samples"), [(1, 16, "<i2"), (1, 32, "<i4"), (3, 32, "<f4"), (3, 64, "<f8")]
)
def test_samples_of_any_type(tag: int, bits: int, samples: str, channels: int) -> None:
    """A second channel carries silence."""
    sound = np.zeros((len(WAVE), channels))
    sound[:, 0] = WAVE if tag == 3 else np.rint(WAVE * 2 ** (bits - 1))
    heard = np.frombuffer(
        read(header(tag, bits, channels=channels) + sound.astype(samples).tobytes()), "<i2"
    )
    assert np.abs(heard - WAVE * 32768 / channels).max() <= 1


def test_values_that_are_no_numbers_are_silence_and_not_noise() -> None:
    data = np.array([np.nan, np.inf, -np.inf, 2.0, -2.0], "<f4").tobytes()
    heard = np.frombuffer(read(header(3, 32) + data), "<i2")
    assert heard.tolist() == [0, 32767, -32768, 32767, -32768]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_pieces_of_any_size_sound_like_one(rate: int) -> None:
    times = np.arange(rate // 2) / rate
    sound = (np.sin(2 * np.pi * 440 * times) * 9000).astype("<i2").tobytes()
    whole = read(wav(sound, rate))
    pieces, at, size = [], 0, 2
    while at < len(sound):
        pieces.append(wav(sound[at : at + size], rate))
        at, size = at + size, size * 2
    split = header(rate=rate) + sound[:101], sound[101:]  # in the midst of a sample
    for heard in (read(*pieces), read(*split)):
        apart = np.frombuffer(heard, "<i2").astype(int) - np.frombuffer(whole, "<i2")
        assert np.abs(apart).max() <= 2, "of 32768: it dithers"
    assert abs(len(whole) // 2 - 12_000) <= 2


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\x00\x00\x00\x00WAVE",
        wav(b"", 24_000)[:30],
        header(bits=8),
        header(85),
        header(channels=0),
        header(rate=1),
    ],
)
def test_a_wav_file_that_cannot_be_read_is_garbage(data: bytes) -> None:
    with pytest.raises(GarbageError, match="WAV"):
        SoundReader().push(data)


@pytest.mark.parametrize("rate", [16_000, 24_000, 44_100])
@pytest.mark.parametrize("apart", [False, True])
async def test_speech_in_wav_files_is_read(rate: int, apart: bool) -> None:
    """``apart``: as vLLM-Omni sends it, else as SGLang-Omni does."""
    times = round(0.2 * rate)
    sound = tone(0.2 * rate / 24_000)[: times * 2] if rate == 24_000 else b"\x10\x20" * times
    half = times // 2 * 2
    events: list[Any] = [chunk({"content": "A."})]
    for piece in (sound[:half], sound[half:]):
        data = base64.b64encode(wav(piece, rate)).decode()
        usage = {"prompt_tokens": 9, "completion_tokens": 0}
        events.append(
            {**chunk({"content": data}), "modality": "audio", "usage": usage}
            if apart
            else chunk({"audio": {"id": "a", "data": data}})
        )
    events.append(chunk({}, "stop"))
    async with asking(stream(*events), models=[{"id": "m", "owned_by": "vllm"}]) as (client, _):
        deltas = await answer(client)
    assert text_of(deltas) == "A."
    assert len(pcm_of(deltas)) / 48_000 == pytest.approx(0.2, abs=0.001)
    if rate == 24_000:
        assert pcm_of(deltas) == sound
