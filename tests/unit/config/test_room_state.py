"""The saved changes of a room."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.room_state import RoomState

NAMES = ["lobby", "a/b", "..", ".", "", "con", "Zürich 😀", "x" * 300, "a\x00b", "%2E%2E", "A", "a"]


def test_rooms_have_files_of_their_own(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        RoomState(tmp_path, name).save({"number": number})
    for number, name in enumerate(NAMES):
        state = RoomState(tmp_path, name)
        assert state.load() == {"number": number}
        assert state.path.parent == tmp_path / "rooms"
    assert len(list((tmp_path / "rooms").iterdir())) == len(NAMES)


@pytest.mark.parametrize(
    "garbage", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null", b'"x"', b"[" * 100_000]
)
def test_garbage_is_ignored_and_told(
    tmp_path: Path, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    state = RoomState(tmp_path, "lobby")
    state.save({"capture_fps": 3})
    state.path.write_bytes(garbage)
    assert state.load() == {}
    assert "is ignored" in caplog.text
    state.save({"capture_fps": 4})
    assert state.load() == {"capture_fps": 4}


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    state = RoomState(tmp_path, "lobby")
    state.save({"capture_fps": 3})
    with pytest.raises(TypeError):
        state.save({"capture_fps": object()})
    assert state.load() == {"capture_fps": 3}
    assert [path.name for path in state.path.parent.iterdir()] == ["lobby.json"]
