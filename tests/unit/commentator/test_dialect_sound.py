"""Sound of any kind becomes 24 kHz mono int16."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.commentator.engine.chunks import GarbageError
from agent.commentator.engine.sound import SoundFormat, SoundReader, split_wav
from tests.support.scripted_servers import wav, wave_of


def header(form: SoundFormat, size: int = 0xFFFFFFFF, *, tag: int | None = None) -> bytes:
    """A WAV header that promises `size` bytes of samples."""
    width = form.channels * form.bits // 8
    tag = (3 if form.floating else 1) if tag is None else tag
    fmt = struct.pack("<HHIIHH", tag, form.channels, form.rate, form.rate * width, width, form.bits)
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", 0xFFFFFFFF) + body


def tone() -> NDArray[np.float64]:
    return np.frombuffer(wave_of(0.1, 24_000), "<i2").astype(np.float64) / 32768


def encoded(form: SoundFormat) -> bytes:
    """The tone at 24 kHz in any sample type; a second channel carries silence."""
    channels = np.zeros((2400, form.channels))
    channels[:, 0] = tone()
    if form.floating:
        return bytes(channels.astype("<f4" if form.bits == 32 else "<f8").tobytes())
    whole = np.rint(channels * 2 ** (form.bits - 1)).astype("<i4")
    if form.bits == 24:
        return bytes(whole.reshape(-1, 1).view(np.uint8)[:, :3].tobytes())
    return bytes(whole.astype("<i2" if form.bits == 16 else "<i4").tobytes())


def test_bare_samples_pass_untouched_whatever_their_number() -> None:
    reader = SoundReader()
    assert reader.push(b"\x01\x02\x03") == b"\x01\x02\x03"
    assert reader.push(b"\x04") == b"\x04"
    assert reader.flush() == b""


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("channels", [1, 2])
def test_whole_numbers_of_any_width(bits: int, channels: int) -> None:
    form = SoundFormat(channels=channels, bits=bits)
    samples = np.frombuffer(SoundReader().push(header(form) + encoded(form)), "<i2")
    assert np.abs(samples - tone() * 32768 / channels).max() <= 1


@pytest.mark.parametrize("bits", [32, 64])
def test_floating_point(bits: int) -> None:
    form = SoundFormat(bits=bits, floating=True)
    samples = np.frombuffer(SoundReader().push(header(form) + encoded(form)), "<i2")
    assert np.abs(samples - tone() * 32768).max() <= 1


def test_values_that_are_no_numbers_are_silence_and_not_noise() -> None:
    form = SoundFormat(bits=32, floating=True)
    data = np.array([np.nan, np.inf, -np.inf, 2.0, -2.0], "<f4").tobytes()
    samples = np.frombuffer(SoundReader().push(header(form) + data), "<i2")
    assert samples.tolist() == [0, 32767, -32768, 32767, -32768]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100])
def test_pieces_of_any_size_sound_like_one(rate: int) -> None:
    sound = wave_of(0.5, rate)
    whole = SoundReader()
    expected = whole.push(wav(sound, rate)) + whole.flush()
    reader, found, at, size = SoundReader(), b"", 0, 2
    while at < len(sound):
        found += reader.push(wav(sound[at : at + size], rate))
        at, size = at + size, size * 2
    assert found + reader.flush() == expected
    assert abs(len(expected) // 2 - 12_000) <= 2


def test_a_sample_may_be_split_between_two_pieces() -> None:
    sound = wave_of(0.1, 16_000)
    whole, cut = SoundReader(), SoundReader()
    expected = whole.push(wav(sound, 16_000)) + whole.flush()
    found = cut.push(header(SoundFormat(rate=16_000)) + sound[:101]) + cut.push(sound[101:])
    assert found + cut.flush() == expected


def test_the_rate_may_change_midway() -> None:
    reader = SoundReader()
    found = reader.push(wav(wave_of(0.1, 16_000), 16_000))
    found += reader.push(wav(wave_of(0.1, 24_000), 24_000)) + reader.flush()
    assert abs(len(found) // 2 - 4_800) <= 2
    assert found.endswith(wave_of(0.1, 24_000))


def test_other_chunks_of_a_wav_file_are_skipped() -> None:
    plain = wav(b"\x01\x00", 24_000)
    noted = plain[:36] + b"LIST" + struct.pack("<I", 3) + b"abc\0" + plain[36:]
    assert split_wav(noted + b"LIST\x02\x00\x00\x00ab") == (SoundFormat(), b"\x01\x00")


@pytest.mark.parametrize(
    "data",
    [
        b"RIFF\x00\x00\x00\x00WAVE",
        wav(b"", 24_000)[:30],
        header(SoundFormat(bits=8)),
        header(SoundFormat(), tag=85),
        header(SoundFormat(channels=0)),
        header(SoundFormat(rate=1)),
    ],
)
def test_a_wav_file_that_cannot_be_read_is_garbage(data: bytes) -> None:
    with pytest.raises(GarbageError, match="WAV"):
        SoundReader().push(data)
