"""What a viewer heard, line by line, and what follows from it. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from rapidfuzz import fuzz

from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame

NEAR = 1.2
"""Seconds between a line's message and its first sound beyond which they do not belong together."""

PAUSE = 0.06
"""Seconds of silence before the first sound of a line."""

LAST = 5
ALIKE = 0.85
IN_TIME = 2.0
"""Seconds within which an event is to be told."""

_COMES = (
    r"\b(comes?(?! to )|came|enters?|entered|appears?|arrives?|joins?|(walks?|steps?) in"
    r"|here (is|are)|from (the )?(left|right|front|above|below|top|bottom|behind))\b"
)
_GOES = (
    r"\b(leaves?|(has|have) (just )?left|gone|(goes|went|walks?|walked) (out|off|away)"
    r"|disappears?)\b"
)
TELLS = {
    "came": _COMES,
    "left": _GOES + r"|\b(nobody|no one|empty)\b",
    "car": r"\b(cars?|vehicles?|trucks?|bus|buses|van|something|thing)\b",
    "put": _COMES
    + r"|\b(puts?|placed|sets? down|new|added|(is|are|stands|lies) (now )?on the|hand)\b",
    "taken": _GOES + r"|\b(takes?|taken|removed|missing|picks? up|hand)\b",
    "dark": r"\b(dark|darker|lights? (goes?|went|is|are|go) (out|off)|lights? out|dims?|dimmed)\b",
    "lit": r"\b(bright|brighter|lit|is light|light again"
    r"|lights? (goes?|comes?|came|is|are) (back|on|up))\b",
    "cut": r"\b(scene|view|picture|cut|camera|another|somewhere else|shows? (now|a new))\b",
}
"""What tells of an event of each kind, when it has just happened."""

CLAIMS = TELLS | {
    "left": _GOES,
    "car": _COMES,
    "put": r"\b(puts?|placed|sets? down|added)\b",
    "taken": r"\b(takes?|taken|removed|picks? up)\b",
    "cut": r"\b(cut|somewhere else|(new|another|different) (scene|place|picture))\b",
}
"""What claims an event at any time; the others also say how things are."""

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

    @property
    def seconds(self) -> float:
        """How long it was heard."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Due:
    """An event as one viewer saw it: at is when it was on display, monotonic seconds."""

    at: float
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Score:
    """Events told and claimed. late: seconds from each told event to the beginning of its line."""

    late: tuple[float, ...]
    missed: tuple[Due, ...]
    wrong: tuple[Told, ...]

    @property
    def precision(self) -> float:
        """Of the lines that tell of an event, those that tell of one that happened; nan of none."""
        return _share(len(self.late), len(self.wrong))

    @property
    def recall(self) -> float:
        """Share of the events that were told; nan of none."""
        return _share(len(self.late), len(self.missed))

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        found, lost = 2 * len(self.late), len(self.missed) + len(self.wrong)
        return found / (found + lost) if found + lost else float("nan")


def timeline(
    lines: Sequence[LineMessage], bursts: Sequence[Burst], frames: Sequence[SeenFrame]
) -> list[Told]:
    """The lines that began, in the order in which they were heard."""
    starts = [line for line in lines if line.phase == "start"]
    ends = {line.id: line for line in lines if line.phase == "end"}
    onsets = _onsets(starts, bursts)
    shown: dict[int, float] = {}
    for frame in frames:
        if frame.user_timestamp is not None:
            shown.setdefault(frame.user_timestamp, frame.received)
    begun = [(onsets.get(line.id, line.received), line) for line in _once(starts)]
    begun.sort(key=lambda pair: pair[0])
    sounds = np.array([burst.start for burst in bursts])
    found: list[Told] = []
    for number, (start, line) in enumerate(begun):
        until = begun[number + 1][0] if number + 1 < len(begun) else math.inf
        last = ends.get(line.id, line)
        own = bursts[slice(*np.searchsorted(sounds, (start - 0.001, until)))]
        spoken = line.id in onsets
        end = own[-1].end if spoken and own else min(last.received, until)
        seen = shown.get(line.timestamp) if spoken else None
        before = found[-1] if found else None
        found.append(
            Told(
                id=line.id,
                kind=line.kind,
                text=last.text or line.text,
                start=start,
                end=max(end, start),
                spoken=spoken,
                sync=None if seen is None else seen - start,
                silence=start - before.end if before else math.nan,
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


def silences(told: Sequence[Told]) -> list[float]:
    """Seconds from the end of each spoken line to the beginning of the next."""
    spoken = [line for line in told if line.spoken]
    return [after.start - before.end for before, after in pairwise(spoken)]


def voices_at_once(told: Sequence[Told]) -> int:
    """Lines that began while another one was still being said."""
    return sum(gap < -0.05 for gap in silences(told))


def score(due: Sequence[Due], told: Sequence[Told], within: tuple[float, float]) -> Score:
    """Which events were told in time: each by the nearest line whose text names it; one line may
    tell several that happen at once. An event too near the ends of `within` (monotonic seconds)
    may be told, and is not missed.
    """
    late: list[float] = []
    missed: list[Due] = []
    used: set[tuple[str, str]] = set()
    for event in due:
        lines = [
            line
            for line in told
            if abs(line.start - event.at) <= IN_TIME
            and _says(TELLS, event.kind, line.text)
            and (line.id, event.kind) not in used
        ]
        best = min(lines, key=lambda line: abs(line.start - event.at), default=None)
        if best:
            used.add((best.id, event.kind))
        if within[0] + IN_TIME <= event.at <= within[1] - IN_TIME:
            if best:
                late.append(best.start - event.at)
            else:
                missed.append(event)
    true = {name for name, _ in used}
    kinds = {event.kind for event in due}
    wrong = [
        line
        for line in told
        if line.kind == "commentary"
        and line.id not in true
        and any(_says(CLAIMS, kind, line.text) for kind in kinds)
    ]
    return Score(tuple(late), tuple(missed), tuple(wrong))


def displayed(frames: Sequence[SeenFrame], unix_offset: float) -> Callable[[float], float | None]:
    """Gives for a capture time (monotonic) when that picture was seen; None where none was near."""
    stamped = [frame for frame in frames if frame.user_timestamp is not None]
    captures = np.array([(frame.user_timestamp or 0) / 1e6 - unix_offset for frame in stamped])
    received = np.array([frame.received for frame in stamped])

    def seen(at: float) -> float | None:
        place = int(np.searchsorted(captures, at))
        if place >= len(captures) or (place == 0 and captures[0] - at > IN_TIME):
            return None
        return float(received[place])

    return seen


def as_text(told: Sequence[Told]) -> str:
    """One line each: time since the first, and `line_text`."""
    begun = told[0].start if told else 0.0
    rows = []
    for line in told:
        minutes, seconds = divmod(line.start - begun, 60)
        rows.append(f"{minutes:3.0f}:{seconds:04.1f} {line_text(line)}\n")
    return "".join(rows)


def line_text(line: Told) -> str:
    """Kind, seconds heard, silence before, likeness, sync and text of a line."""
    sync = "" if line.sync is None or line.kind != "commentary" else f"{line.sync * 1000:+.0f} ms"
    silence = "     " if math.isnan(line.silence) else f"{line.silence:5.1f}"
    mark = f" [{line.dropped}]" if line.dropped else ""
    return (
        f"{line.kind:<10} {line.seconds:4.1f} s after {silence} s  like {line.alike:.2f} "
        f"{sync:>8}  {line.text}{mark}"
    )


def _says(words: Mapping[str, str], kind: str, text: str) -> bool:
    return re.search(words[kind], text, re.IGNORECASE) is not None


def _once(starts: Sequence[LineMessage]) -> list[LineMessage]:
    return list({line.id: line for line in reversed(starts)}.values())


def _onsets(starts: Sequence[LineMessage], bursts: Sequence[Burst]) -> dict[str, float]:
    """When the first sound of each line was heard: sounds come a constant after their message,
    which is found first.
    """
    firsts = [
        after.start
        for before, after in pairwise([None, *bursts])
        if after and (before is None or after.start - before.end >= PAUSE)
    ]
    places = np.array(firsts)
    spoken = [line for line in starts if line.spoken]
    if not len(places) or not spoken:
        return {}
    times = np.array([line.received for line in spoken])
    nearest = [float(places[np.abs(places - at).argmin()] - at) for at in times]
    usual = float(np.median(nearest))
    pairs = []
    for line, at in zip(spoken, times + usual, strict=True):
        low, high = np.searchsorted(places, (at - NEAR, at + NEAR))
        pairs += [(abs(firsts[place] - at), place, line.id) for place in range(low, high)]
    found: dict[str, float] = {}
    taken: set[int] = set()
    for _, place, name in sorted(pairs):  # the closest pair first, and no sound twice
        if name not in found and place not in taken:
            found[name] = firsts[place]
            taken.add(place)
    return found


def _share(right: int, wrong: int) -> float:
    return right / (right + wrong) if right + wrong else float("nan")
