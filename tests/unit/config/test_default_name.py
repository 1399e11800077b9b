"""Names for sources that came without one."""

from __future__ import annotations

import re

import pytest

from config.default_name import default_name
from config.source_address import parse
from config.source_spec import NAME


@pytest.mark.parametrize(
    ("address", "first", "second"),
    [
        ("rtsp://u:p@cam-1/stream", "cam-1", "cam-1-stream"),
        ("http://10.0.0.4:8080/a/b.mjpg", "10.0.0.4", "10.0.0.4-b"),
        ("http://[fe80::1]/", "fe80-1", "fe80-1-2"),
        ("srt://host:9", "host", "host-2"),
        ("rtmp://host/app/key", "host", "host-2"),
        ("/films/a clip.mp4", "a-clip", "a-clip-2"),
        ("/films/.hidden", "hidden", "hidden-2"),
        ("/films/ü.mp4", "source", "source-2"),
        ("/dev/video0", "video0", "video0-2"),
        ("screen::0", "screen", "screen-2"),
        ("test:640x360@15", "test", "test-2"),
        ("demo", "demo", "demo-2"),
    ],
)
def test_names(address: str, first: str, second: str) -> None:
    parsed = parse(address)
    assert default_name(parsed) == first
    assert default_name(parsed, {first}) == second
    third = default_name(parsed, {first, second})
    assert third not in {first, second}
    for name in (first, second, third):
        assert re.fullmatch(NAME, name)


def test_no_secret_gets_into_a_name() -> None:
    address = parse("rtsp://admin:p@ss@host/token=pass?key=pass")
    for name in (default_name(address), default_name(address, {"host"})):
        assert "ss" not in name
