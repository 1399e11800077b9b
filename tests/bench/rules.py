"""Alert rules on a film in which they come true at known times."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.bench.commentary import NEVER_AGAIN, WAY, Setup, commentated
from tests.bench.rig import SOURCE
from tests.bench.timeline import timeline
from tests.support.camera_source import Shown, film_times
from tests.support.scripted_films import Film

LEFT_HALF = (0.0, 0.0, 0.5, 1.0)
RULES: tuple[dict[str, object], ...] = (
    {"name": "visitor", "if": {"appears": "person"}, "cool_down": 5},
    {"name": "left side", "if": {"appears": "person", "region": LEFT_HALF}, "cool_down": 5},
    {"name": "lingering", "if": {"stays": "person", "seconds": 10}, "cool_down": 5},
    {"name": "gone", "if": {"leaves": "person"}, "cool_down": 5},
    {"name": "lights", "if": {"darkness": True}, "cool_down": 5},
)
TRUE: Mapping[str, tuple[float, ...]] = {
    "visitor": (10.0, 62.0),
    "left side": (10.0,),
    "lingering": (10.0, 62.0),
    "gone": (28.4, 78.5),
    "lights": (38.0,),
}
"""Seconds of the film `watched` at which each comes true, or begins to."""

AFTER = {"lingering": 10.0}
"""Seconds for which it must last, by the clock: a camera that lags shows the film later."""

EARLY, LATE = 1.0, 6.0
"""Seconds around that moment in which a hit is right: what lasts must last a while."""

READY = 0.6


@dataclass(slots=True)
class Alerted:
    """How many times rules came true, how many alerts there were, which did not fit, and the
    seconds from the engine's first speech to the first sound of each that found no other playing.
    """

    true: int
    hits: int
    missed: list[str]
    wrong: list[str]
    beyond_ready: list[float] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the alerts, those that were true; nan of none."""
        return 1 - len(self.wrong) / self.hits if self.hits else math.nan

    @property
    def recall(self) -> float:
        """Of what came true, what was told."""
        return 1 - len(self.missed) / self.true if self.true else math.nan


async def alerted(folder: Path, film: Film, path: Path, agent: Path | None) -> Alerted:
    """Plays the film once with all rules."""
    setup = Setup({"rules": RULES}, agent=agent, ready=READY)
    async with commentated(folder, path, setup) as (there, probe):
        await asyncio.sleep(film.seconds + LATE)
    shown = film_times(there.rig.log(SOURCE))
    began = shown[0].at
    first = {line.id: line for line in reversed(probe.lines) if line.kind == "alert"}.values()
    hits = [(str(line.more.get("rule", "?")), line.received - began) for line in first]
    since, until = (probe.frames[at].received - began for at in (0, -1))
    true = {
        name: [at + AFTER.get(name, 0.0) for at in moments_of(shown, each, film.seconds)]
        for name, each in TRUE.items()
    }
    told = timeline(probe.lines, probe.bursts, probe.frames)
    ready = [one.ready for one in there.tap.asked if one.kind == "alert" and one.ready]
    sounds = [line for line in told if line.kind == "alert" and line.spoken]
    found = score_rules(hits, true, (since, until))
    for at in ready:
        if not any(line.start < at < line.end for line in sounds):  # two at once take turns
            found.beyond_ready += [line.start - at for line in sounds if line.start >= at - 0.05][
                :1
            ]
    return found


def moments_of(shown: Sequence[Shown], places: Sequence[float], length: float) -> list[float]:
    """When these seconds of a film of that length were on, each time that it was shown: seconds
    since it was first shown, at the booth.
    """
    began, found = shown[0].at, []
    for one, after in pairwise([*shown, NEVER_AGAIN]):
        times = [one.at + place - one.place for place in places if one.place <= place < length]
        found += [at - began + WAY for at in times if at < after.at]
    return found


def score_rules(
    hits: Sequence[tuple[str, float]],
    true: Mapping[str, Sequence[float]],
    within: tuple[float, float],
) -> Alerted:
    """hits: (rule, seconds since the film began). What came true too near the ends of `within`
    may have been told, and was not missed.
    """
    left = sorted(hits, key=lambda hit: hit[1])
    missed, count = [], 0
    for name, moments in true.items():
        for moment in moments:
            fits = [hit for hit in left if hit[0] == name and -EARLY <= hit[1] - moment <= LATE]
            if fits:
                left.remove(fits[0])
            if within[0] <= moment <= within[1] - LATE:
                count += 1
                if not fits:
                    missed.append(f"{name} at {moment:g} s")
    wrong = [f"{name} at {at:.1f} s" for name, at in left if at >= within[0]]
    return Alerted(count, count - len(missed) + len(wrong), missed, wrong)
