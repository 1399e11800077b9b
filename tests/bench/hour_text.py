"""The hour as a text that can be read from end to end, and as rows. Pure."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.bench.commentary import Cost, Status, statuses
from tests.bench.engine_tap import Asked
from tests.bench.hour_script import Act
from tests.bench.listening_rows import commentary, repeats_text, sync_text
from tests.bench.report import Row, spread
from tests.bench.rows import RULE
from tests.bench.timeline import Told, line_text, silences, timeline, voices_at_once
from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame
from tests.support.viewer_probe import ViewerProbe

MEGABYTE = 1_000_000
WATCHED = (
    *("mode", "profile", "preset", "length", "focus", "language"),
    *("source", "engine", "error", "paused", "lost", "behind"),
)
"""Of the status, what is worth a row when it changes; other fields are told at the end."""


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody did, and what came of it."""

    at: float
    act: Act
    result: str

    @property
    def ids(self) -> list[str]:
        """Of the lines that it made or took back, where the call gave them."""
        return re.findall(r"line_\w+", self.result)


@dataclass(slots=True)
class Hour:
    """All that was recorded. Monotonic seconds; memory: of the job, bytes; bench: cores."""

    begun: float
    seconds: float = 0.0
    lines: list[LineMessage] = field(default_factory=list)
    bursts: list[Burst] = field(default_factory=list)
    frames: list[SeenFrame] = field(default_factory=list)
    attributes: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    cameras: list[tuple[float, str]] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    bench: float = 0.0

    @classmethod
    def of(cls, probe: ViewerProbe, asked: list[Asked]) -> Hour:
        """What these go on to record, from now on."""
        recorded = (probe.lines, probe.bursts, probe.frames, probe.attributes, probe.wrong)
        return cls(time.monotonic(), 0.0, *recorded, asked)

    @property
    def unsaid(self) -> list[LineMessage]:
        """Ends of lines that were never begun."""
        begun = {line.id for line in self.lines if line.phase == "start"}
        return [line for line in self.lines if line.phase == "end" and line.id not in begun]


def written(hour: Hour) -> str:
    """One line of text for all that happened, in order, and the figures behind it."""
    told, known = timeline(hour.lines, hour.bursts, hour.frames), statuses(hour.attributes)
    entries = [(line.start, line_text(line)) for line in told]
    entries += [(at, f"  + camera: {film}") for at, film in hour.cameras]
    entries += [(done.at, _act(done)) for done in hour.done]
    entries += [
        (line.received, f"  - {line.kind} not said ({line.dropped}): {line.text}")
        for line in hour.unsaid
    ]
    for (_, before), (at, status) in pairwise([(0.0, Status()), *known]):
        entries += [
            (at, f"  = {name}: {json.dumps(status.get(name))}")
            for name in WATCHED
            if status.get(name, "") != before.get(name, "")
        ]
    entries.sort(key=lambda entry: entry[0])
    text = "".join(f"{_clock(at - hour.begun)} {entry}\n" for at, entry in entries)
    figures = "".join(f"{row.what}: {row.measured}\n" for row in rows(hour))
    last = known[-1][1] if known else {}
    return f"{text}\n{figures}status at the end: {json.dumps(last)}\n"


def rows(hour: Hour) -> list[Row]:
    """The summary."""
    told = timeline(hour.lines, hour.bursts, hour.frames)
    minutes = max(hour.seconds / 60, 1e-9)
    a_minute = commentary(told) / minutes
    said = f"{_counted(line.kind for line in told)}; {a_minute:.1f} of commentary a minute"
    asked = Counter(one.kind for one in hour.asked)
    requests = ", ".join(f"{kind} {number / minutes:.1f}" for kind, number in sorted(asked.items()))
    alerts = [line for line in hour.lines if line.kind == "alert" and line.phase == "start"]
    rules = _counted(str(line.more.get("rule", "?")) for line in alerts)
    reached = {
        f"lines, {minutes:.1f} min in one room": ("", said),
        "repeats": ("", repeats_text(told)),
        "silence between lines": ("", spread(silences(told))),
        "two voices at once": ("never", f"{voices_at_once(hour.lines)} times"),
        "not said": ("", _counted(f"{line.kind} {line.dropped}" for line in hour.unsaid)),
        "sync error, the whole hour": (RULE, sync_text(told)),
        "questions": ("each answered", _answers(hour, told)),
        "alerts": ("", f"{len(alerts)} ({rules})"),
        "engine requests a minute": ("", requests or "none"),
        "cost": ("", _cost(hour)),
        "memory of the job": ("no growth", _memory(hour.memory)),
        "what people did": ("", _counted(done.result.partition(":")[0] for done in hour.done)),
        "wrong": ("nothing", "; ".join(hour.wrong[:5]) or "nothing"),
    }
    return [Row(what, reach, measured, "") for what, (reach, measured) in reached.items()]


def _counted(names: Iterable[str]) -> str:
    """How many of each."""
    return ", ".join(f"{name} {n}" for name, n in sorted(Counter(names).items())) or "none"


def _act(done: Done) -> str:
    act = done.act
    what = act.what if isinstance(act.what, str) else json.dumps(act.what)
    return f"  > {act.who}, {act.do}: {what[:120]}  [{done.result[:160]}]"


def _answers(hour: Hour, told: Sequence[Told]) -> str:
    heard = {line.id: line.start for line in told if line.kind == "answer"}
    back = {name for done in hour.done for name in done.ids if done.act.do == "skip"}
    waits, lost, taken_back = [], [], 0
    for done in hour.done:
        if not done.act.is_question:
            continue
        own = [line for line in hour.lines if _answers_to(line, done)]
        if back & {line.id for line in own} or back & set(done.ids):
            taken_back += 1
        elif onsets := [heard[line.id] for line in own if line.id in heard]:
            waits.append(min(onsets) - done.at)
        else:
            lost.append(repr(done.act.what))
    unheard = f"; no answer to {', '.join(lost)}" if lost else ""
    return (
        f"{len(waits)} of {len(waits) + len(lost)} answered ({taken_back} taken back), "
        f"first sound {spread(waits)}{unheard}"
    )


def all_over(lines: Sequence[LineMessage], done: Sequence[Done]) -> bool:
    """Whether every question has an answer that has ended."""
    ended = [line for line in lines if line.phase == "end"]
    asked = [one for one in done if one.act.is_question]
    return all(any(_answers_to(line, one) for line in ended) for one in asked)


def _answers_to(line: LineMessage, done: Done) -> bool:
    """By the id that the call gave, or else by the question as it was put."""
    if line.kind != "answer":
        return False
    if done.ids:
        return line.id in done.ids
    same = line.more.get("question") == done.act.what and line.more.get("asker") == done.act.who
    return same and line.received >= done.at


def _cost(hour: Hour) -> str:
    if not hour.costs:
        return "?"
    jobs, engines = [one.job for one in hour.costs], [one.engine for one in hour.costs]
    return (
        f"job {sum(jobs) / len(jobs):.3f} core (most {max(jobs):.3f}), "
        f"engine {sum(engines) / len(engines):.3f}, the bench itself {hour.bench:.3f}"
    )


def _memory(samples: Sequence[int]) -> str:
    if not samples:
        return "?"
    sizes = [size / MEGABYTE for size in samples]
    quarter = max(len(sizes) // 4, 1)
    first, last = (sum(some) / quarter for some in (sizes[:quarter], sizes[-quarter:]))
    return f"{first:.1f} MB in the first quarter, {last:.1f} MB in the last"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{minutes:2.0f}:{rest:04.1f}"
