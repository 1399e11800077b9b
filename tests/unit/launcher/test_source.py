"""The word SOURCE."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, load_settings
from launcher.errors import LaunchError
from launcher.source import is_waited_for, secrets, stands_in_the_open, wanted


def settings(directory: Path, *names: str) -> Settings:
    sources = [{"name": name, "url": "rtsp://u:passw@x"} for name in names]
    return load_settings(cli={"sources": sources}, env={}, directory=directory)


@pytest.mark.parametrize(
    ("word", "name", "waited_for"),
    [
        ("demo", "demo", True),
        ("test:640x360@15", "test", True),
        ("a clip.mp4", "a-clip", True),
        ("rtsp://u:p@ss@cam-1/a", "cam-1", False),
        ("http://10.0.0.1/video.mjpg", "10.0.0.1", False),
        ("/dev/video7", "video7", False),
        ("screen", "screen", False),
    ],
)
def test_what_there_is(tmp_path: Path, word: str, name: str, waited_for: bool) -> None:
    (tmp_path / "a clip.mp4").write_bytes(b"")
    of = settings(tmp_path)
    spec = wanted(word, of, tmp_path)
    assert spec is not None
    assert (spec.name, spec.room, is_waited_for(spec)) == (name, "lobby", waited_for)
    if spec.address.kind == "file":
        assert spec.address.url == str(tmp_path / "a clip.mp4")
    again = wanted(word, settings(tmp_path, name), tmp_path)
    assert again is not None
    assert again.name != name


@pytest.mark.parametrize("word", ["gone.mp4", ".", "rtsp://", "gopher://u:p@ss@h", "rtsp://a b"])
def test_what_there_is_not(tmp_path: Path, word: str) -> None:
    with pytest.raises(LaunchError) as caught:
        wanted(word, settings(tmp_path), tmp_path)
    assert str(caught.value).startswith("SOURCE: ")
    assert "p@ss" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_secret_of_every_source_is_known(tmp_path: Path) -> None:
    of = settings(tmp_path, "one")
    spec = wanted("http://cam/x?token=t0ken&channel=1", of, tmp_path)
    found = secrets(of, spec)
    assert {"passw", "t0ken", "rtsp://u:passw@x"} <= found
    assert "1" not in found


def test_a_password_on_another_command_line_is_seen() -> None:
    line = b"make\0run\0SOURCE=rtsp://u:p@ss@cam\0"
    assert stands_in_the_open("rtsp://u:p@ss@cam", line)
    assert not stands_in_the_open("rtsp://u:p@ss@cam", b"make\0run\0SOURCE=-\0")
    assert not stands_in_the_open("rtsp://cam", b"make\0run\0SOURCE=rtsp://cam\0")
    assert not stands_in_the_open("gopher://x", line)
