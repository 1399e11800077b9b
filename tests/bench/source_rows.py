"""Turns what was measured of sources into rows of the table."""

from __future__ import annotations

from tests.bench.report import Row, ms, p
from tests.bench.sources import Crowd, Measured

MEGABYTE = 1_000_000


def way_rows(ways: dict[str, Measured]) -> list[Row]:
    """CPU and age of one source, in each way."""
    as_is, anew, pushed = ways["auto"], ways["transcode"], ways["pushed"]
    return [
        Row(
            "CPU of one 720p30 H.264 RTSP source into a room",
            "≤ 0.05 core; with sound ≤ 0.07",
            f"{as_is.cpu:.3f} core, {as_is.fps:.1f} pictures a second; "
            f"with AAC sound: {ways['sound'].cpu:.3f} core",
            f"encoded anew: {anew.cpu:.2f} core, {anew.fps:.1f} a second; "
            f"pushed by RTMP, with mediamtx: {pushed.cpu:.3f} core, {pushed.fps:.1f}",
        ),
        Row(
            "camera's clock to the subscriber's decoded picture",
            "median ≤ 110 ms; pushed ≤ 250 ms",
            f"{_ages(as_is)}; pushed by RTMP: {_ages(pushed)}",
            f"encoded anew: {_ages(anew)}",
        ),
    ]


def crowd_row(crowd: Crowd) -> Row:
    """Many sources for a while: its first quarter beside its last."""
    samples = crowd.samples
    quarter = max(1, len(samples) // 4)
    first, last = samples[:quarter], samples[-quarter:]
    memories = [
        p([sample.service + sample.readers for sample in part], 0.5) / MEGABYTE
        for part in (first, last)
    ]
    ages = [p([sample.age for sample in part], 0.5) for part in (first, last)]
    return Row(
        f"{crowd.sources} sources of 720p15 H.264, {crowd.seconds / 60:.1f} min",
        "all live, no growth in memory or delay",
        f"at least {min(sample.live for sample in samples)} live; memory {memories[0]:.0f} MB in "
        f"the first quarter, {memories[1]:.0f} MB in the last; age p50 {ms(ages[0])}, then "
        f"{ms(ages[1])}, max {ms(max(sample.oldest for sample in samples))}; {crowd.cpu:.2f} core; "
        f"{crowd.reconnects} reconnects, {crowd.skipped} pictures left out",
        "",
    )


def _ages(way: Measured) -> str:
    return f"p50 {ms(p(way.ages, 0.5))}, p95 {ms(p(way.ages, 0.95))}"
