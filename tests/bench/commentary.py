"""Films in a real room with the sketch engine: what a viewer heard, and what it cost."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench.engine_tap import Asked, EngineTap, engine_tap
from tests.bench.event_score import Due, Score, displayed, score
from tests.bench.rig import SOURCE, Camera, Rig, Sketch, rig
from tests.bench.timeline import Told, timeline
from tests.support.camera_source import Shown, film_times
from tests.support.cutouts import MEDIA
from tests.support.procfs import cpu_seconds, descendants
from tests.support.scripted_films import Event
from tests.support.viewer_probe import ViewerProbe

WEIGHTS = MEDIA.parent / "models" / "yolox_nano.onnx"
JOIN_TIMEOUT = 60.0
SETTLE = 6.0
"""Seconds after the first delayed picture before anything is counted."""

WAY = 0.05
"""Seconds from the camera to the booth, about."""

NEVER_AGAIN = Shown(float("inf"), 0.0)
ROOM_SETTINGS: dict[str, object] = {"source": SOURCE, "idle_after": 0}
Status = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """What is measured: room settings, the worker's checkout (this one if None), with or without
    the detector, and the mean of the seconds that the engine waits before it speaks.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    agent: Path | None = None
    detector: bool = True
    ready: float = 0.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Shares of one core."""

    job: float
    engine: float

    @property
    def both(self) -> float:
        """Of the booth's process and the engine's together."""
        return self.job + self.engine


@dataclass(slots=True)
class Heard:
    """What was heard of one film. Monotonic seconds.

    within: the time that counts; due: the film's events as they were seen, also before and after;
    asked: what the engine was asked.
    """

    film: str
    within: tuple[float, float]
    told: list[Told]
    due: list[Due]
    asked: list[Asked]
    cost: Cost

    @property
    def minutes(self) -> float:
        """How long it counted."""
        return (self.within[1] - self.within[0]) / 60

    @property
    def score(self) -> Score:
        """Events told and missed."""
        return score(self.due, self.told, self.within)


class Stage(NamedTuple):
    """A running rig whose engine is tapped."""

    rig: Rig
    tap: EngineTap


def meter(running: Rig) -> Callable[[], Cost]:
    """Gives, when it is called, the CPU of the job and of the engine since now."""
    begun, jobs, engine = time.monotonic(), running.cpu(), _engine(running)

    def read() -> Cost:
        took = time.monotonic() - begun
        job = sum(cpu_seconds(pid) - jobs.get(pid, 0.0) for pid in running.job(jobs))
        return Cost(job / took, (_engine(running) - engine) / took)

    return read


@asynccontextmanager
async def stage(folder: Path, setup: Setup) -> AsyncIterator[Stage]:
    """Everything but camera, booth and viewer."""
    there = WEIGHTS.is_file()
    if setup.detector and not there:
        print(f"no weights at {WEIGHTS.name}: the detector is off", file=sys.stderr)
    detector = str(WEIGHTS) if setup.detector and there else "off"
    async with (
        engine_tap() as tap,
        rig(
            folder,
            "",
            Sketch(setup.ready),
            agent=setup.agent,
            settings={"DETECTOR": detector},
            engine_url=tap.before,
        ) as running,
    ):
        yield Stage(running, tap)


@asynccontextmanager
async def commentated(
    folder: Path, film: Path, setup: Setup
) -> AsyncIterator[tuple[Stage, ViewerProbe]]:
    """A film with commentary, and somebody who sees and hears it; it has just settled. Raises
    AssertionError when no picture comes.
    """
    async with (
        stage(folder, setup) as there,
        there.rig.camera(SOURCE, Camera(film=film)),
        there.rig.viewer() as probe,
    ):
        await there.rig.send({**ROOM_SETTINGS, **setup.settings})
        await probe.until(
            lambda: len(probe.frames) > 10, timeout=JOIN_TIMEOUT, what="a delayed picture"
        )
        await asyncio.sleep(SETTLE)
        yield there, probe


async def heard(
    folder: Path, name: str, film: Path, events: Sequence[Event], seconds: float, setup: Setup
) -> Heard:
    """Plays the film for so long. Raises AssertionError when no picture comes."""
    async with commentated(folder, film, setup) as (there, probe):
        return await _counted(there, probe, name, events, seconds)


async def in_turn(
    folder: Path, films: Mapping[str, Path], seconds: float, setup: Setup
) -> list[Heard]:
    """Plays films in one room, each by a camera of its own, for so long each, once settled. Raises
    AssertionError when no picture comes.
    """
    found: list[Heard] = []
    async with stage(folder, setup) as there, there.rig.viewer() as probe:
        for number, (name, film) in enumerate(films.items()):
            camera = f"{SOURCE}-{number}"

            def watched(camera: str = camera) -> bool:
                newest = statuses(probe.attributes)[-1:]
                return any(status.get("source") == camera for _, status in newest)

            async with there.rig.camera(camera, Camera(film=film)):
                if not number:
                    await there.rig.send({**ROOM_SETTINGS, "source": "", **setup.settings})
                await probe.until(watched, timeout=JOIN_TIMEOUT, what=f"the picture of {name}")
                await asyncio.sleep(SETTLE)
                found.append(await _counted(there, probe, name, (), seconds))
    return found


async def _counted(
    there: Stage, probe: ViewerProbe, name: str, events: Sequence[Event], seconds: float
) -> Heard:
    """What is heard from now on."""
    begun, cost = time.monotonic(), meter(there.rig)
    await asyncio.sleep(seconds)
    ended, spent = time.monotonic(), cost()
    while probe.wrong:
        print(f"wrong: {probe.wrong.pop(0)}", file=sys.stderr)
    told = timeline(probe.lines, probe.bursts, probe.frames)
    return Heard(
        film=name,
        within=(begun, ended),
        told=[line for line in told if begun <= line.start <= ended],
        due=due(there.rig.log(SOURCE), events, probe) if events else [],
        asked=[one for one in there.tap.asked if begun <= one.received <= ended],
        cost=spent,
    )


def due(log: Path, events: Sequence[Event], probe: ViewerProbe) -> list[Due]:
    """When the events of a film were on display."""
    seen, found = displayed(probe.frames, probe.unix_offset), []
    for one, after in pairwise([*film_times(log), NEVER_AGAIN]):
        for event in events:
            at = one.at + event.time - one.place
            on_display = seen(at + WAY) if one.at <= at < after.at else None
            if on_display is not None:
                found.append(Due(on_display, event.kind, event.place))
    return sorted(found, key=lambda event: event.at)


def statuses(attributes: Sequence[tuple[float, str, dict[str, str]]]) -> list[tuple[float, Status]]:
    """What the booth told of itself and when, in order."""
    told = ((at, changed.get("pressbox.status")) for at, _, changed in attributes)
    return [(at, json.loads(status)) for at, status in told if status]


def _engine(running: Rig) -> float:
    pids = (running.engine_pid, *descendants(running.engine_pid))
    return sum(cpu_seconds(pid) for pid in pids)
