from __future__ import annotations

import pytest
from gated_engine import tone
from livekit.plugins.pressbox.audio import FRAME_BYTES, FrameCutter

SILENT = b"\0" * FRAME_BYTES
LOUD = tone(0.02)


def cut(*pieces: bytes) -> list[bytes]:
    cutter = FrameCutter()
    frames = [frame for piece in pieces for frame in cutter.push(piece)]
    return frames + cutter.flush()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 959, 960, 961, 4801])
def test_pieces_of_any_size_give_the_same_frames(size: int) -> None:
    pcm = tone(0.5)
    pieces = [pcm[start : start + size] for start in range(0, len(pcm), size)]
    assert b"".join(cut(*pieces)) == pcm


def test_leading_silence_is_trimmed_up_to_600_ms() -> None:
    assert cut(SILENT * 29 + LOUD) == [LOUD]
    assert cut(SILENT * 30 + LOUD) == [LOUD]
    assert cut(SILENT * 33 + LOUD) == [SILENT] * 3 + [LOUD]


def test_trailing_silence_is_trimmed_to_60_ms() -> None:
    assert cut(LOUD + SILENT * 25) == [LOUD] + [SILENT] * 3
    assert cut(LOUD + SILENT * 2) == [LOUD] + [SILENT] * 2


def test_a_pause_in_the_middle_is_kept_whole() -> None:
    assert cut(LOUD + SILENT * 20 + LOUD) == [LOUD] + [SILENT] * 20 + [LOUD]
    assert cut(LOUD + SILENT * 80 + LOUD) == [LOUD] + [SILENT] * 80 + [LOUD]


def test_a_pause_holds_back_at_most_one_second() -> None:
    cutter = FrameCutter()
    assert cutter.push(LOUD + SILENT * 50) == [LOUD]
    assert cutter.push(SILENT * 5) == [SILENT] * 5
