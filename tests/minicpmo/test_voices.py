"""Voices from recordings."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from models.engine import RefusedError
from models.minicpmo.voices import Voices
from tests.minicpmo.recordings import speechlike, write_float_wav, write_wav


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "voices"
    made.mkdir()
    return made


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "own.wav", speechlike(4))


@pytest.fixture
def voices(folder: Path, own: Path) -> Voices:
    return Voices(folder, own)


def write_flac(file: Path, samples: NDArray[np.float32], rate: int) -> None:
    with av.open(str(file), "w") as out:
        stream = out.add_stream("flac", rate=rate)
        pcm = (samples * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(pcm, format="s16", layout="mono")
        frame.sample_rate = rate
        out.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.mark.parametrize("name", ["", "default", "alloy", "Shimmer", "verse"])
def test_the_checkpoints_own_voice(voices: Voices, name: str) -> None:
    assert voices.has(name)
    sound = voices.reference(name)
    assert sound is not None
    assert sound.samples.dtype == np.float32
    assert sound.samples.shape == (4 * 16_000,)
    assert np.allclose(sound.samples, speechlike(4), atol=1e-3)


def test_a_checkpoint_without_a_voice(folder: Path) -> None:
    assert Voices(folder, None).reference("") is None


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 2), (22_050, 1), (8_000, 1)])
def test_any_recording_becomes_mono_16_khz(
    voices: Voices, folder: Path, rate: int, channels: int
) -> None:
    write_wav(folder / "anna.wav", speechlike(5, rate), rate, channels)
    sound = voices.reference("anna")
    assert sound is not None
    assert abs(len(sound.samples) - 5 * 16_000) < 400
    assert abs(sound.samples[4000:-4000]).max() > 0.1


def test_flac(voices: Voices, folder: Path) -> None:
    write_flac(folder / "carl.flac", speechlike(3.5, 44_100), 44_100)
    assert voices.has("carl")
    sound = voices.reference("carl")
    assert sound is not None
    assert abs(len(sound.samples) - 3.5 * 16_000) < 400


def test_a_recording_wins_over_a_name_of_openais(voices: Voices, folder: Path) -> None:
    write_wav(folder / "alloy.wav", speechlike(3.2))
    sound = voices.reference("alloy")
    assert sound is not None
    assert len(sound.samples) == 3.2 * 16_000


def test_it_is_read_once_and_again_when_it_changed(voices: Voices, folder: Path) -> None:
    file = write_wav(folder / "anna.wav", speechlike(4))
    first = voices.reference("anna")
    assert voices.reference("anna") is first
    write_wav(file, speechlike(6, seed=2))
    second = voices.reference("anna")
    assert first is not None
    assert second is not None
    assert (len(first.samples), len(second.samples)) == (64_000, 96_000)


@pytest.mark.parametrize(
    "name", ["nobody", "../own", "/etc/passwd", "a/b", ".hidden", "x" * 70, "anna\n", "..", "a\0b"]
)
def test_names_that_are_no_voice(voices: Voices, folder: Path, name: str) -> None:
    write_wav(folder / ".hidden.wav", speechlike(4))
    assert not voices.has(name)
    with pytest.raises(RefusedError, match="is not known") as raised:
        voices.reference(name)
    assert raised.value.param == "audio.voice"


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (speechlike(1.2), "the recording is 1.2 s long, allowed are 3 to 30 s"),
        (speechlike(90), "long, allowed are 3 to 30 s"),
        (np.zeros(64_000, np.float32), "the recording is silent"),
        (speechlike(4) * np.nan, "holds samples that are no numbers"),
    ],
)
def test_recordings_that_do_not_serve(
    voices: Voices, folder: Path, samples: NDArray[np.float32], said: str
) -> None:
    write_float_wav(folder / "anna.wav", samples)
    with pytest.raises(RefusedError, match=said) as raised:
        voices.reference("anna")
    assert raised.value.param == "audio.voice"
    assert str(folder) not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("data", [b"", b"hello", b"RIFF\x00\x00\x00\x00WAVE", b"\x00" * 5000])
def test_files_that_are_no_recording(voices: Voices, folder: Path, data: bytes) -> None:
    (folder / "anna.wav").write_bytes(data)
    with pytest.raises(RefusedError, match="holds no sound that can be read"):
        voices.reference("anna")


def test_help_names_what_there_is(voices: Voices, folder: Path) -> None:
    assert "'default'" in voices.help()
    assert "'anna'" not in voices.help()
    write_wav(folder / "anna.wav", speechlike(4))
    assert "'anna'" in voices.help()
    (folder / "anna.wav").unlink()
    folder.rmdir()
    assert "'default'" in voices.help()


def test_a_bounded_number_is_kept(voices: Voices, folder: Path) -> None:
    first = None
    for at in range(20):
        write_wav(folder / f"v{at}.wav", speechlike(3))
        first = voices.reference(f"v{at}") if at == 0 else first
        voices.reference(f"v{at}")
    assert voices.reference("v0") is not first
    assert voices.reference("v19") is voices.reference("v19")


def test_a_recording_is_cut_to_what_memory_allows(voices: Voices, folder: Path) -> None:
    write_wav(folder / "anna.wav", speechlike(9))
    whole = voices.reference("anna")
    voices.cut_to(6.0)
    cut = voices.reference("anna")
    assert whole is not None
    assert cut is not None
    assert cut.samples.shape == (6 * 16_000,)
    assert (cut.samples == whole.samples[: 6 * 16_000]).all()
    voices.cut_to(90.0)
    again = voices.reference("anna")
    assert again is not None
    assert (again.samples == whole.samples).all()
