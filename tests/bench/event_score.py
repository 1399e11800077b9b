"""Which events of a film were told, and which were claimed that never happened. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.bench.timeline import Told, line_text
from tests.support.records import SeenFrame

IN_TIME = 2.0
"""Seconds within which an event is to be told."""


_COMES = (
    r"\b(comes?(?! to )|came|enters?|entered|appears?|arrives?|joins?|(walks?|steps?|moves?) in"
    r"|here (is|are)|from (the )?(left|right|front|above|below|top|bottom|behind)|follows"
    r"|there (is|are) (now )?(some|another|a person)|(shows?|turns?) up|company|comes? by)\b"
)
_GOES = (
    r"\b(leaves?|(has|have) (just )?left|gone|(go(es)?|went|walks?|walked|moved) (out|off|away)"
    r"|there goes|disappear(s|ed)|walks? off|(off|out) go(es)?|(is|are) off|way out|and out"
    r"|out of (view|the picture))\b"
)
TELLS = {
    "came": _COMES,
    "left": _GOES + r"|\b(nobody|no one|empty|is left)\b",
    "car": r"\b(cars?|vehicles?|trucks?|bus|buses|van|something|thing|one)\b",
    "put": _COMES
    + r"|\b(puts?|placed|sets? down|new|added|(is|are|stands|lies) (now )?on the|hand|down\w*)\b",
    "taken": _GOES + r"|\b(takes?|taken|removed|missing|picks? up|hand|from above|down\w*)\b",
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


@dataclass(frozen=True, slots=True)
class Due:
    """An event as one viewer saw it: at is when it was on display, monotonic seconds."""

    at: float
    kind: str
    place: str


@dataclass(frozen=True, slots=True)
class Score:
    """Events that were told, each with its line; those that were not; lines that claim others."""

    told: tuple[tuple[Due, Told], ...]
    missed: tuple[Due, ...]
    wrong: tuple[Told, ...]

    @property
    def late(self) -> tuple[float, ...]:
        """Seconds from each told event to the beginning of its line."""
        return tuple(line.start - event.at for event, line in self.told)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; nan of nothing."""
        found, lost = 2 * len(self.told), len(self.missed) + len(self.wrong)
        return found / (found + lost) if found + lost else float("nan")


def score(due: Sequence[Due], told: Sequence[Told], within: tuple[float, float]) -> Score:
    """Which events were told in time: each by the nearest line whose text names it; one line may
    tell several that happen at once. An event too near the ends of `within` (monotonic seconds)
    may be told, and is not missed.
    """
    pairs: list[tuple[Due, Told]] = []
    missed: list[Due] = []
    used: set[tuple[str, str]] = set()
    for event in due:
        lines = [
            line
            for line in told
            if abs(line.start - event.at) <= IN_TIME
            and (line.id, event.kind) not in used
            and _says(TELLS, event.kind, line.text)
        ]
        best = min(lines, key=lambda line: abs(line.start - event.at), default=None)
        if best:
            used.add((best.id, event.kind))
        if within[0] + IN_TIME <= event.at <= within[1] - IN_TIME:
            pairs += [(event, best)] if best else []
            missed += [] if best else [event]
    wrong = [
        line
        for line in told
        if line.kind == "commentary"
        and any(_says(CLAIMS, event.kind, line.text) for event in due)
        and not any(
            abs(line.start - event.at) <= IN_TIME and _says(TELLS, event.kind, line.text)
            for event in due
        )
    ]
    return Score(tuple(pairs), tuple(missed), tuple(wrong))


def score_text(found: Score, told: Sequence[Told], begun: float) -> str:
    """Lines and events in order, one a row, since `begun`: which events were told and how late,
    which were missed, and which lines claim something that did not happen.
    """
    wrong = {line.id for line in found.wrong}
    rows = [
        (line.start, ("WRONG " if line.id in wrong else "      ") + line_text(line))
        for line in told
    ]
    rows += [
        (event.at, f"      * {event.kind} {event.place}: told {line.start - event.at:+.1f} s")
        for event, line in found.told
    ]
    rows += [(event.at, f"MISS  * {event.kind} {event.place}") for event in found.missed]
    rows.sort(key=lambda row: row[0])
    return "".join(f"{at - begun:6.1f} {text}\n" for at, text in rows)


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


def _says(words: Mapping[str, str], kind: str, text: str) -> bool:
    return re.search(words[kind], text, re.IGNORECASE) is not None
