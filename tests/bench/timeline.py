"""What a viewer heard, line by line, and what follows from it. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz

from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame

NEAR = 0.6
"""Seconds beside the usual time from a line's message to its first sound beyond which they do not
belong together.
"""

NEARER = 0.1
"""The same, before the message of a line that cuts off another: nothing of it is heard earlier."""

PAUSE = 0.06
"""Seconds of silence before the first sound of a line."""

LAST = 5
ALIKE = 0.85
FIVE_MINUTES, NEARLY = 300.0, 0.92
"""Within so many seconds no line is to be so like another one."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Told:
    """One line that was heard (or, without a voice, shown). Monotonic seconds.

    sync: when its frame was seen less when it was heard; None where that frame never came.
    silence: since the line before ended. alike: how like it is to the most like of the last five.
    """

    id: str
    kind: str
    text: str
    start: float
    end: float
    spoken: bool
    sync: float | None
    silence: float
    alike: float
    dropped: str | None


def timeline(
    lines: Sequence[LineMessage], bursts: Sequence[Burst], frames: Sequence[SeenFrame]
) -> list[Told]:
    """The lines that began, in the order in which they were heard."""
    starts = _once([line for line in lines if line.phase == "start"])
    ends = {line.id: line for line in lines if line.phase == "end"}
    onsets = _onsets(starts, ends, bursts)
    shown: dict[int, float] = {}
    for frame in frames:
        if frame.user_timestamp is not None:
            shown.setdefault(frame.user_timestamp, frame.received)
    begun = [(onsets.get(line.id, _Onset(line.received)), line) for line in starts]
    begun.sort(key=lambda pair: pair[0].at)
    bounds = np.array([burst.end for burst in bursts])
    until = [onset.at for onset, _ in begun[1:]] + [math.inf]
    found: list[Told] = []
    for (onset, line), limit in zip(begun, until, strict=True):
        start, last = onset.at, ends.get(line.id, line)
        later = bursts[int(np.searchsorted(bounds, start + 0.001)) :]
        own = [burst for burst in later if burst.start < limit]
        spoken = line.id in onsets
        end = min(own[-1].end if spoken and own else last.received, limit)
        seen = shown.get(line.timestamp) if onset.measured else None
        found.append(
            Told(
                id=line.id,
                kind=line.kind,
                text=last.text or line.text,
                start=start,
                end=max(end, start),
                spoken=spoken,
                sync=None if seen is None else seen - start,
                silence=start - found[-1].end if found else math.nan,
                alike=max((likeness(last.text, b.text) for b in found[-LAST:]), default=0.0),
                dropped=last.dropped,
            )
        )
    return found


def likeness(one: str, other: str) -> float:
    """0 to 1: the larger one of edit distance's ratio and the cosine of the words' counts."""
    mine, others = _WORD.findall(one.lower()), _WORD.findall(other.lower())
    ratio = fuzz.ratio(" ".join(mine), " ".join(others)) / 100
    a, b = Counter(mine), Counter(others)
    length = math.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    cosine = sum(a[word] * b[word] for word in a) / length if length else 0.0
    return max(ratio, cosine)


def repeats(told: Sequence[Told]) -> list[Told]:
    """Lines of commentary that are like one of the last five."""
    return [line for line in told if line.kind == "commentary" and line.alike >= ALIKE]


def nearly_again(told: Sequence[Told]) -> list[tuple[Told, Told]]:
    """Lines of commentary that are nearly like any line of the five minutes before, and that one,
    as far as both were heard.
    """
    found = []
    for number, line in enumerate(told):
        recent = [one for one in told[:number] if line.start - one.start <= FIVE_MINUTES]
        like = max(recent, key=lambda one: likeness(line.text, one.text), default=None)
        if line.kind == "commentary" and like and likeness(line.text, like.text) >= NEARLY:
            found.append((like, line))
    return found


def silences(told: Sequence[Told]) -> list[float]:
    """Seconds from the end of each spoken line to the beginning of the next."""
    spoken = [line for line in told if line.spoken]
    return [after.start - before.end for before, after in pairwise(spoken)]


def voices_at_once(lines: Sequence[LineMessage]) -> int:
    """Spoken lines that began while another one was still being said, by their messages."""
    ends = {line.id: line.received for line in lines if line.phase == "end"}
    starts = _once([line for line in lines if line.phase == "start" and line.spoken])
    return sum(ends.get(one.id, 0.0) > other.received + 0.05 for one, other in pairwise(starts))


def line_text(line: Told) -> str:
    """Kind, seconds heard, silence before, likeness, sync and text of a line."""
    sync = "" if line.sync is None or line.kind != "commentary" else f"{line.sync * 1000:+.0f} ms"
    silence = "     " if math.isnan(line.silence) else f"{line.silence:5.1f}"
    mark = f" [{line.dropped}]" if line.dropped else ""
    return (
        f"{line.kind:<10} {line.end - line.start:4.1f} s after {silence} s  like {line.alike:.2f} "
        f"{sync:>8}  {line.text}{mark}"
    )


def _once(starts: Sequence[LineMessage]) -> list[LineMessage]:
    """The first message of each, as they came."""
    firsts = {line.id: line for line in reversed(starts)}.values()
    return sorted(firsts, key=lambda line: line.received)


class _Onset(NamedTuple):
    """When a line was first heard; measured: by its sound, else by its message."""

    at: float
    measured: bool = False


def _onsets(
    starts: Sequence[LineMessage], ends: Mapping[str, LineMessage], bursts: Sequence[Burst]
) -> dict[str, _Onset]:
    """When the first sound of each line was heard: sounds come a constant after their message,
    which is found first. Where a line follows another without a gap, its message tells.
    """
    sounds = [burst.start for burst in bursts]
    gaps = [after.start - before.end for before, after in pairwise(bursts)]
    firsts = [at for at, gap in zip(sounds, [math.inf, *gaps], strict=False) if gap >= PAUSE]
    places = np.array(firsts)
    spoken = [line for line in starts if line.spoken]
    if not len(places) or not spoken:
        return {}
    times = np.array([line.received for line in spoken])
    usual = float(np.median([places[np.abs(places - at).argmin()] - at for at in times]))
    pairs = []
    for before, line in pairwise([None, *spoken]):
        assert line is not None
        at, end = line.received + usual, ends.get(before.id) if before else None
        cuts = end is not None and end.dropped and abs(line.received - end.received) < NEAR
        among, low = (sounds, at - NEARER) if cuts else (firsts, at - NEAR)
        first, last = np.searchsorted(among, (low, at + NEAR))
        pairs += [(abs(sound - at), sound, line.id) for sound in among[first:last]]
    found: dict[str, _Onset] = {}
    taken: set[float] = set()
    for _, sound, name in sorted(pairs):  # the closest pair first, and no sound twice
        if name not in found and sound not in taken:
            found[name] = _Onset(sound, measured=True)
            taken.add(sound)
    return found | {
        line.id: _Onset(line.received + usual)
        for line in spoken
        if line.id not in found and _sounds(bursts, line.received + usual)
    }


def _sounds(bursts: Sequence[Burst], at: float) -> bool:
    return any(burst.start <= at + PAUSE and burst.end > at + PAUSE for burst in bursts)
