"""What follows from a viewer's records: sync errors, silences, order and evenness of frames."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame
from tests.support.tones import NAMES, number_of_tone

NEAR = 6.0
"""Seconds between a line's message and its sound beyond which they do not belong together."""


@dataclass(frozen=True, slots=True)
class HeardLine:
    """A line of a scripted engine as the viewer heard and saw it. Times in monotonic seconds.

    shown is when its anchor was seen, None if that frame never came; sync is shown - start:
    positive when the words came before their picture.
    """

    number: int
    kind: str
    start: float
    end: float
    shown: float | None

    @property
    def sync(self) -> float | None:
        """Sync error in seconds."""
        return None if self.shown is None else self.shown - self.start


def heard_lines(
    lines: Sequence[LineMessage], bursts: Sequence[Burst], frames: Sequence[SeenFrame]
) -> list[HeardLine]:
    """Lines that were heard from their beginning, by the tone that says their number.

    The number is in the text of the line's last message ("This is line 17."), its tone in the
    burst nearest to its first message.
    """
    texts = {line.id: line.text for line in lines}
    shown: dict[int, float] = {}
    for frame in frames:
        if frame.user_timestamp is not None:
            shown.setdefault(frame.user_timestamp, frame.received)
    found = []
    for line in lines:
        number = _number(texts[line.id])
        burst = _burst(number, line.received, bursts) if number is not None else None
        if line.phase == "start" and number is not None and burst:
            seen = shown.get(line.timestamp)
            found.append(HeardLine(number, line.kind, burst.start, burst.end, seen))
    return sorted(found, key=lambda line: line.start)


def silences(lines: Sequence[HeardLine]) -> list[float]:
    """Seconds from the end of each line to the beginning of the next."""
    return [after.start - before.end for before, after in pairwise(lines)]


def drift(times: Sequence[float], values: Sequence[float]) -> float:
    """Slope of a straight line through the values, per second (Theil-Sen: median of slopes)."""
    x, y = np.array(times), np.array(values)
    i, j = np.triu_indices(len(x), 1)
    return float(np.median((y[j] - y[i]) / (x[j] - x[i]))) if len(i) else 0.0


@dataclass(frozen=True, slots=True)
class PictureReport:
    """How the frames of one track came. Seconds, and numbers of frames.

    jitter: |interval at the viewer - interval between captures|, p95; source_jitter: the same of
    the captures against their median interval; wrong_burnt: pictures whose burnt-in number does not
    follow the metadata's frame number.
    """

    frames: int
    without_metadata: int
    out_of_order: int
    missing: int
    wrong_burnt: int
    jitter: float
    source_jitter: float
    longest_gap: float


def picture_report(frames: Sequence[SeenFrame]) -> PictureReport:
    """The report on frames in the order in which they came."""
    stamped = [f for f in frames if f.user_timestamp is not None and f.frame_id is not None]
    stamps = np.array([f.user_timestamp or 0 for f in stamped]) / 1e6
    numbers = np.array([f.frame_id or 0 for f in stamped])
    received = np.array([f.received for f in stamped])
    captures, arrivals = np.diff(stamps), np.diff(received)
    return PictureReport(
        frames=len(frames),
        without_metadata=len(frames) - len(stamped),
        out_of_order=int(np.sum(captures <= 0)),
        missing=int(np.sum(np.maximum(np.diff(numbers) - 1, 0))),
        wrong_burnt=_wrong_burnt(stamped),
        jitter=_p95(np.abs(arrivals - captures)),
        source_jitter=_p95(np.abs(captures - np.median(captures))),
        longest_gap=float(arrivals.max()),
    )


def _number(text: str) -> int | None:
    found = re.search(r"line (\d+)", text)
    return int(found[1]) if found else None


def _burst(number: int, near: float, bursts: Sequence[Burst]) -> Burst | None:
    same = [b for b in bursts if number_of_tone(b.tone) == number % NAMES]
    best = min(same, key=lambda b: abs(b.start - near), default=None)
    return best if best and abs(best.start - near) < NEAR else None


def _wrong_burnt(frames: Sequence[SeenFrame]) -> int:
    """Frames in which order by burnt-in number and by metadata disagree."""
    readable = [f for f in frames if f.burnt]
    return sum(
        (a.burnt.counter < b.burnt.counter) != ((a.frame_id or 0) < (b.frame_id or 0))
        for a, b in pairwise(readable)
        if a.burnt and b.burnt
    )


def _p95(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(np.quantile(values, 0.95))
