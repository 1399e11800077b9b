"""The key and secret that an installation makes for itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import pytest

from launcher import keys
from launcher.errors import LaunchError


def test_made_once_and_kept(tmp_path: Path) -> None:
    state = tmp_path / "state"
    first = keys.ensure(state, "ws://127.0.0.1:7880")
    assert keys.ensure(state, "ws://127.0.0.1:9000") == first
    assert len(first[1]) >= 32
    assert keys.ensure(tmp_path / "other", "ws://127.0.0.1:7880") != first


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    keys.ensure(tmp_path / "state", "ws://h:1")
    path = tmp_path / "state" / "livekit.env"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["livekit.env"]


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe", b"LIVEKIT_API_KEY=a\nLIVEKIT_API_SECRET=s"])
def test_a_broken_file_is_made_anew(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "livekit.env").write_bytes(garbage)
    made = keys.ensure(tmp_path, "ws://h:1")
    assert len(made[1]) >= 32
    assert keys.ensure(tmp_path, "ws://h:1") == made


def test_a_full_disk_leaves_no_secret_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, mode: str, **_: object) -> IO[str]:
        os.close(handle)
        return Path("/dev/full").open(mode)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(LaunchError, match="No space left"):
        keys.ensure(tmp_path, "ws://h:1")
    assert list(tmp_path.iterdir()) == []
