"""Sources as rows and lines."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from ingress.report import SourceReport
from ingress.table import first_state, lines, span, table

LIVE = SourceReport(
    *("gate", "hall", "rtsp://cam", "relay"),
    state="live",
    codec="h264",
    width=1280,
    height=720,
    fps=29.97,
    bitrate=2_400_000,
    way="passthrough",
    since=1000.0,
)
FAILED = SourceReport(
    *("roof", "hall\x1b[2J", "rtsp://cam", "relay"),
    state="failed",
    reason="auth",
    error="the camera refuses\nthe password\x07",
    since=1000.0,
    reconnects=3,
)


def drawn(*reports: SourceReport, width: int = 200) -> str:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=False).print(table(reports, 1090.0))
    return out.getvalue()


def test_a_table_has_all_that_there_is_to_know() -> None:
    head, live, failed, *rest = drawn(LIVE, FAILED).splitlines()
    assert rest == []
    for column in ("name", "room", "state", "codec", "size", "fps", "bitrate", "way", "since"):
        assert column in head
    cells = ("gate", "hall", "live", "h264", "1280x720", "30.0", "2.4 Mbit/s", "passthrough")
    assert all(cell in live for cell in (*cells, "90 s"))
    assert "failed (auth)" in failed
    assert "the camera refuses the password" in failed


@pytest.mark.parametrize("width", [40, 80, 120])
def test_a_narrow_terminal_gets_no_wider_lines(width: int) -> None:
    assert max(map(len, drawn(LIVE, FAILED, width=width).splitlines())) <= width


def test_lines() -> None:
    live, failed = lines([LIVE, FAILED])
    assert live.startswith("gate in hall: live, h264 1280x720 30 fps, passthrough, since ")
    assert failed.startswith("roof in hall [2J: failed (auth): the camera refuses the password")
    assert "\n" not in failed
    assert failed.endswith("3 reconnects")
    for text in (drawn(FAILED), live, failed, first_state(FAILED)):
        assert all(char.isprintable() or char == "\n" for char in text), "it steers the terminal"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-1, "0 s"), (99.9, "99 s"), (100, "1 min"), (7500, "2 h 5 min"), (180_000, "2 d 2 h")],
)
def test_spans(seconds: float, said: str) -> None:
    assert span(seconds) == said
