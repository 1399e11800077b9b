"""Sources as rows and lines."""

from __future__ import annotations

import io

from rich.console import Console

from ingress.report import SourceReport
from ingress.table import first_state, lines, table

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


def test_lines() -> None:
    live, failed = lines([LIVE, FAILED])
    assert live.startswith("gate in hall: live, h264 1280x720 30 fps, passthrough, since ")
    assert failed.startswith("roof in hall [2J: failed (auth): the camera refuses the password")
    assert "\n" not in failed
    assert failed.endswith("3 reconnects")
    for text in (drawn(FAILED), live, failed, first_state(FAILED)):
        assert all(char.isprintable() or char == "\n" for char in text), "it steers the terminal"
