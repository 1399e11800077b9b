"""Voices from recordings."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from models.engine import RefusedError
from models.minicpmo.voices import Voices
from models.runtime.parts import Sound
from tests.minicpmo.recordings import speechlike, write_float_wav, write_wav


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "voices"
    made.mkdir()
    return made


@pytest.fixture
def voices(folder: Path, tmp_path: Path) -> Voices:
    return Voices(folder, write_wav(tmp_path / "own.wav", speechlike(4)))


def known(voices: Voices, name: str) -> Sound:
    assert voices.has(name)
    sound = voices.reference(name)
    assert sound is not None
    return sound


def test_the_checkpoints_own_voice_unless_a_recording_has_the_name(
    voices: Voices, folder: Path
) -> None:
    write_wav(folder / "alloy.wav", speechlike(3.2))
    for name in ("", "default", "Shimmer", "verse"):
        assert np.allclose(known(voices, name).samples, speechlike(4), atol=1e-3)
    assert len(known(voices, "alloy").samples) == 3.2 * 16_000
    assert Voices(folder, None).reference("") is None


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (22_050, 1), (44_100, 0)])
def test_any_recording_becomes_mono_16_khz(
    voices: Voices, folder: Path, rate: int, channels: int
) -> None:
    """Without channels: FLAC."""
    samples = speechlike(5, rate)
    if channels:
        write_wav(folder / "anna.wav", samples, rate, channels)
    else:
        with av.open(str(folder / "anna.flac"), "w") as out:
            stream = out.add_stream("flac", rate=rate)
            pcm = (samples * 32767).astype(np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
            frame.sample_rate = rate
            out.mux([*stream.encode(frame), *stream.encode(None)])
    heard = known(voices, "anna").samples
    assert heard.dtype == np.float32
    assert abs(len(heard) - 5 * 16_000) < 400
    assert abs(heard[4000:-4000]).max() > 0.1
    assert "'anna'" in voices.help()


def test_it_is_read_once_again_when_it_changed_and_cut_to_what_memory_allows(
    voices: Voices, folder: Path
) -> None:
    file = write_wav(folder / "anna.wav", speechlike(4))
    first = known(voices, "anna")
    assert known(voices, "anna") is first
    write_wav(file, speechlike(9, seed=2))
    whole = known(voices, "anna")
    assert (len(first.samples), len(whole.samples)) == (64_000, 144_000)
    voices.cut_to(6.0)
    assert (known(voices, "anna").samples == whole.samples[: 6 * 16_000]).all()
    voices.cut_to(90.0)
    assert (known(voices, "anna").samples == whole.samples).all()


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (speechlike(1.2), "the recording is 1.2 s long, allowed are 3 to 30 s"),
        (speechlike(90), "long, allowed are 3 to 30 s"),
        (np.zeros(64_000, np.float32), "the recording is silent"),
        (speechlike(4) * np.nan, "holds samples that are no numbers"),
        (b"", "holds no sound that can be read"),
        (b"RIFF\x00\x00\x00\x00WAVE", "holds no sound that can be read"),
        (bytes(5000), "holds no sound that can be read"),
    ],
)
def test_recordings_that_do_not_serve(
    voices: Voices, folder: Path, samples: NDArray[np.float32] | bytes, said: str
) -> None:
    if isinstance(samples, bytes):
        (folder / "anna.wav").write_bytes(samples)
    else:
        write_float_wav(folder / "anna.wav", samples)
    with pytest.raises(RefusedError, match=said) as raised:
        voices.reference("anna")
    assert raised.value.param == "audio.voice"
    assert str(folder) not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["nobody", "../own", "/etc/passwd", ".hidden", "x" * 70, "anna\n", "..", "a\0b"]
)
def test_names_that_are_no_voice(voices: Voices, folder: Path, name: str) -> None:
    write_wav(folder / ".hidden.wav", speechlike(4))
    assert not voices.has(name)
    with pytest.raises(RefusedError, match="is not known") as raised:
        voices.reference(name)
    assert raised.value.param == "audio.voice"
