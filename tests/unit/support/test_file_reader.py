from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.browser_camera.file_reader import FileReader
from tests.support.browser_camera.media import SOUND_RATE, MediaError, Picture, Sound
from tests.support.clips import turn_clockwise, write_clip
from tests.support.onsets import BurstDetector


def read(path: Path, pieces: int) -> tuple[list[Picture], list[Sound]]:
    reader = FileReader(path)
    try:
        got = [reader.read() for _ in range(pieces)]
    finally:
        reader.close()
    pictures = [piece for piece in got if isinstance(piece, Picture)]
    return pictures, [piece for piece in got if isinstance(piece, Sound)]


def test_pictures_have_even_times_over_the_seam(tmp_path: Path) -> None:
    pictures, sounds = read(write_clip(tmp_path / "a.mp4", seconds=1, fps=25), 100)
    assert [picture.time for picture in pictures] == pytest.approx(
        [i / 25 for i in range(100)], abs=0.001
    )
    assert sounds == []
    first, again = pictures[0].planes, pictures[25].planes
    assert np.array_equal(first, again)
    assert not np.array_equal(first, pictures[1].planes)


def test_sound_stays_with_the_picture_pass_after_pass(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", seconds=2, beep=0.5)
    pictures, sounds = read(clip, 600)
    detector = BurstDetector(SOUND_RATE)
    bursts = [burst for sound in sounds for burst in detector.push(sound.samples, sound.time)]
    begins = [picture.time for picture in pictures[:: 2 * 25]]
    assert len(bursts) >= 3
    for burst, begin in zip(bursts, begins, strict=False):
        assert burst.start == pytest.approx(begin, abs=0.05)
    assert all(
        b.time - a.time == pytest.approx(len(a.samples) / SOUND_RATE, abs=0.03)
        for a, b in pairwise(sounds)
    )


def test_odd_and_huge_and_tiny_sizes_become_sizes_that_webrtc_takes(tmp_path: Path) -> None:
    sizes = {}
    for width, height in ((162, 122), (1920, 1080), (4, 300)):
        (picture, *_), _ = read(write_clip(tmp_path / "a.mp4", width=width, height=height), 1)
        sizes[width] = (picture.width, picture.height)
        assert picture.planes.shape == (picture.height * 3 // 2, picture.width)
    assert sizes == {162: (162, 122), 1920: (1280, 720), 4: (16, 300)}


def test_a_clip_filmed_sideways_is_shown_upright(tmp_path: Path) -> None:
    (plain, *_), _ = read(write_clip(tmp_path / "a.mp4"), 1)
    (turned, *_), _ = read(turn_clockwise(tmp_path / "a.mp4"), 1)
    assert (plain.width, plain.height) == (160, 120)
    assert (turned.width, turned.height) == (120, 160)
    bright = turned.planes[:160] > 180
    assert bright[20, 100]
    assert not bright[20, 20]
    assert not bright[140, 100]


def test_a_clip_with_a_broken_middle_goes_on(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mkv", seconds=4)
    data = bytearray(clip.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    clip.write_bytes(data)
    pictures, _ = read(clip, 150)
    assert len(pictures) == 150
    assert all(before.time < after.time for before, after in pairwise(pictures))


def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a film")
    (tmp_path / "empty.mp4").touch()
    write_clip(tmp_path / "sound.m4a", beep=0.5, picture=False)
    said = {}
    for name in ("missing.mp4", "text.mp4", "empty.mp4", "sound.m4a", "."):
        with pytest.raises(MediaError) as error:
            FileReader(tmp_path / name)
        said[name] = str(error.value).removeprefix(str(tmp_path)).lstrip("/")
    invalid = " (Invalid data found when processing input)"
    assert said == {
        "missing.mp4": "missing.mp4: there is no such file",
        "text.mp4": "text.mp4: is not a video that can be read" + invalid,
        "empty.mp4": "empty.mp4: is not a video that can be read" + invalid,
        "sound.m4a": "sound.m4a: has no picture in it",
        ".": ": is a folder, not a video file",
    }


def test_a_file_that_goes_away_ends_the_film(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.mp4", seconds=0.2)
    reader = FileReader(clip)
    clip.unlink()
    for _ in range(5):
        reader.read()
    with pytest.raises(MediaError, match="no such file"):
        reader.read()
    reader.close()
