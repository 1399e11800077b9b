"""Sources as rows: for a terminal, and as plain lines."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from ingress.report import SourceReport

_COLOURS = {
    "live": "green",
    "connecting": "yellow",
    "stalled": "yellow",
    "reconnecting": "yellow",
    "failed": "red",
    "stopped": "dim",
}
_COLUMNS = (
    *("name", "room", "state", "codec", "size", "fps", "bitrate", "way", "since", "reconnects"),
    "last error",
)


def table(reports: Sequence[SourceReport], now: float) -> Table:
    """A table for a terminal; now in Unix seconds."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        made.add_column(
            column,
            justify="right" if column in ("fps", "bitrate", "since", "reconnects") else "left",
            no_wrap=column not in ("last error", "way"),
            overflow="fold" if column == "last error" else "ellipsis",
        )
    for report in reports:
        cells = [Text(cell) for cell in _cells(report, now)]
        cells[2].stylize(_COLOURS.get(report.state, ""))
        made.add_row(*cells)
    if not reports:
        made.add_row(Text("no sources"))
    return made


def lines(reports: Sequence[SourceReport]) -> list[str]:
    """A plain line for each source."""
    now = time.time()
    found = []
    for report in reports:
        cells = _cells(report, now)
        named = [
            f"{report.name} in {_printable(report.room)}: {first_state(report)}",
            *(f"since {cells[8]}" if report.since else "",),
            *(f"{report.reconnects} reconnects" if report.reconnects else "",),
            *(f"last error: {cells[10]}" if report.state == "live" and cells[10] else "",),
        ]
        found.append(", ".join(part for part in named if part))
    return found


def first_state(report: SourceReport) -> str:
    """Such as `live, h264 1280x720 30 fps, passthrough` or `failed (auth): wrong password`."""
    if report.state == "live":
        size = f"{report.width}x{report.height}"
        seen = f"{report.codec} {size}" + (f" {report.fps:.3g} fps" if report.fps else "")
        return ", ".join(part for part in ("live", seen, report.way) if part)
    reason = f" ({report.reason})" if report.reason else ""
    return f"{report.state}{reason}" + (f": {_printable(report.error)}" if report.error else "")


def _cells(report: SourceReport, now: float) -> list[str]:
    reason = f" ({report.reason})" if report.reason else ""
    frozen = " (frozen)" if report.frozen and report.state == "live" else ""
    return [
        report.name,
        _printable(report.room),
        f"{report.state}{reason}{frozen}",
        report.codec,
        f"{report.width}x{report.height}" if report.width else "",
        f"{report.fps:.1f}" if report.fps else "",
        " of ".join(filter(None, (rate(report.bitrate), rate(report.encoder)))),
        report.way,
        span(now - report.since) if report.since else "",
        str(report.reconnects),
        _printable(report.error),
    ]


def rate(bits: int) -> str:
    """Bits a second for people: `640 kbit/s`, `2.5 Mbit/s`."""
    if bits <= 0:
        return ""
    return f"{bits / 1e6:.1f} Mbit/s" if bits >= 1_000_000 else f"{bits / 1e3:.0f} kbit/s"


def span(seconds: float) -> str:
    """A time for people: `42 s`, `3 min`, `5 h 20 min`, `2 d 3 h`."""
    whole = max(0, int(seconds))
    if whole < 100:
        return f"{whole} s"
    if whole < 6000:
        return f"{whole // 60} min"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def _printable(text: str) -> str:
    """Nothing in a room's name or a camera's words may steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
