"""The hour as a text that can be read from end to end, and as rows. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.commentary import STATUS, Cost
from tests.bench.engine_tap import Asked
from tests.bench.hour_script import Act
from tests.bench.listening_rows import again_text, sync_row
from tests.bench.report import Row, spread
from tests.bench.timeline import Told, line_text, repeats, silences, timeline, voices_at_once
from tests.support.onsets import Burst
from tests.support.records import LineMessage, SeenFrame

MEGABYTE = 1_000_000
WATCHED = (
    "mode",
    "profile",
    "preset",
    "length",
    "focus",
    "language",
    "source",
    "engine",
    "error",
    "paused",
    "lost",
    "behind",
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
    """All that was recorded. Monotonic seconds."""

    begun: float
    seconds: float
    lines: list[LineMessage]
    bursts: list[Burst]
    frames: list[SeenFrame]
    attributes: list[tuple[float, str, dict[str, str]]]
    wrong: list[str]
    done: list[Done]
    cameras: list[tuple[float, str]]
    asked: list[Asked]
    costs: list[tuple[float, Cost]]
    memory: list[tuple[float, int]]
    bench: float

    @property
    def told(self) -> list[Told]:
        """Lines that were heard or shown."""
        return timeline(self.lines, self.bursts, self.frames)

    @property
    def statuses(self) -> list[tuple[float, dict[str, Any]]]:
        """What the booth told of itself."""
        return [
            (at, json.loads(changed[STATUS]))
            for at, _, changed in self.attributes
            if changed.get(STATUS)
        ]


def written(hour: Hour) -> str:
    """One line of text for all that happened, in order, and the figures behind it."""
    told = hour.told
    begun = {line.id for line in hour.lines if line.phase == "start"}
    entries = [(line.start, line_text(line)) for line in told]
    entries += [(at, f"  + camera: {film}") for at, film in hour.cameras]
    entries += [(done.at, _act(done)) for done in hour.done]
    entries += [
        (line.received, f"  - {line.kind} not said ({line.dropped}): {line.text}")
        for line in hour.lines
        if line.phase == "end" and line.id not in begun
    ]
    entries += _changes(hour.statuses)
    entries.sort(key=lambda entry: entry[0])
    text = "".join(f"{_clock(at - hour.begun)} {entry}\n" for at, entry in entries)
    figures = "".join(f"{row.what}: {row.measured}\n" for row in rows(hour))
    last = hour.statuses[-1][1] if hour.statuses else {}
    return f"{text}\n{figures}status at the end: {json.dumps(last)}\n"


def rows(hour: Hour) -> list[Row]:
    """The summary."""
    told, minutes = hour.told, max(hour.seconds / 60, 1e-9)
    where = f"{minutes:.1f} min in one room"
    kinds = Counter(line.kind for line in told)
    said = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    again, lines = repeats(told), kinds["commentary"]
    requests = Counter(one.kind for one in hour.asked)
    asked = ", ".join(f"{kind} {number / minutes:.1f}" for kind, number in sorted(requests.items()))
    lost = Counter(done.result.partition(":")[0] for done in hour.done)
    acts = ", ".join(f"{result} {number}" for result, number in sorted(lost.items()))
    return [
        Row(
            f"lines, {where}",
            "",
            f"{said or 'none'}; {lines / minutes:.1f} of commentary a minute",
            "",
        ),
        Row("repeats", "", f"{len(again)} of {lines} lines; {again_text(told)}", ""),
        Row("silence between lines", "", spread(silences(told)), ""),
        Row("two voices at once", "never", f"{voices_at_once(hour.lines)} times", ""),
        Row("not said", "", _not_said(hour), ""),
        sync_row("the whole hour", told, None),
        Row("questions", "each answered", _answers(hour, told), ""),
        Row("alerts", "", _alerts(hour), ""),
        Row("engine requests a minute", "", asked or "none", ""),
        Row("cost", "", _cost(hour), ""),
        Row("memory of the job", "no growth", _memory(hour.memory), ""),
        Row("what people did", "", acts, ""),
        Row("wrong", "nothing", "; ".join(hour.wrong[:5]) or "nothing", ""),
    ]


def _act(done: Done) -> str:
    act = done.act
    what = act.what if isinstance(act.what, str) else json.dumps(act.what)
    return f"  > {act.who}, {act.do}: {what[:120]}  [{done.result[:160]}]"


def _changes(statuses: Sequence[tuple[float, dict[str, Any]]]) -> list[tuple[float, str]]:
    found: list[tuple[float, str]] = []
    before: dict[str, Any] = {}
    for at, status in statuses:
        changed = [name for name in WATCHED if status.get(name, "") != before.get(name, "")]
        found += [(at, f"  = {name}: {json.dumps(status.get(name))}") for name in changed]
        before = status
    return found


def _not_said(hour: Hour) -> str:
    begun = {line.id for line in hour.lines if line.phase == "start"}
    reasons = Counter(
        f"{line.kind} {line.dropped}"
        for line in hour.lines
        if line.phase == "end" and line.id not in begun
    )
    return ", ".join(f"{reason} {number}" for reason, number in sorted(reasons.items())) or "none"


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


def _alerts(hour: Hour) -> str:
    begun = [one for one in hour.lines if one.kind == "alert" and one.phase == "start"]
    rules = Counter(str(line.more.get("rule", "?")) for line in begun)
    each = ", ".join(f"{rule} {number}" for rule, number in sorted(rules.items()))
    return f"{len(begun)} ({each})" if begun else "none"


def _cost(hour: Hour) -> str:
    if not hour.costs:
        return "?"
    jobs, engines = ([getattr(cost, part) for _, cost in hour.costs] for part in ("job", "engine"))
    return (
        f"job {sum(jobs) / len(jobs):.3f} core (most {max(jobs):.3f}), "
        f"engine {sum(engines) / len(engines):.3f}, the bench itself {hour.bench:.3f}"
    )


def _memory(samples: Sequence[tuple[float, int]]) -> str:
    if not samples:
        return "?"
    sizes = [size / MEGABYTE for _, size in samples]
    quarter = max(len(sizes) // 4, 1)
    first, last = (sum(some) / quarter for some in (sizes[:quarter], sizes[-quarter:]))
    return f"{first:.1f} MB in the first quarter, {last:.1f} MB in the last"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(max(seconds, 0.0), 60)
    return f"{minutes:2.0f}:{rest:04.1f}"
