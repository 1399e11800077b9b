"""One film in a real room with the sketch engine: what a viewer heard, and what it cost."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.engine_tap import Asked, EngineTap, engine_tap
from tests.bench.event_score import Due, Score, displayed, score
from tests.bench.rig import SOURCE, FilmCamera, Rig, Sketch, rig
from tests.bench.timeline import Told, timeline
from tests.support.cutouts import MEDIA
from tests.support.film_source import film_times
from tests.support.procfs import cpu_seconds, descendants
from tests.support.scripted_films import Event
from tests.support.viewer_probe import ViewerProbe

WEIGHTS = MEDIA.parent / "models" / "yolox_nano.onnx"
JOIN_TIMEOUT = 60.0
SETTLE = 6.0
"""Seconds after the first delayed picture before anything is counted."""

WAY = 0.05
"""Seconds from the camera to the booth, about."""

STATUS = "pressbox.status"
ROOM_SETTINGS: dict[str, object] = {"source": SOURCE, "idle_after": 0}


@dataclass(frozen=True, slots=True)
class Setup:
    """What is measured: room settings, the worker's checkout (this one if None), with or without
    the detector, and the mean of the seconds that the engine waits before it speaks.
    """

    settings: Mapping[str, object] = field(default_factory=dict)
    agent: Path | None = None
    detector: bool = True
    ready: float = 0.0

    def environment(self) -> dict[str, str]:
        """Of worker and engine."""
        use = self.detector and WEIGHTS.is_file()
        return {"DETECTOR": str(WEIGHTS) if use else "off"}


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
    asked: what the engine was asked; left_out: lines that were never begun, by reason; status: the
    booth's, at the end.
    """

    film: str
    within: tuple[float, float]
    told: list[Told]
    due: list[Due]
    asked: list[Asked]
    left_out: dict[str, int]
    cost: Cost
    status: dict[str, Any]
    wrong: list[str]

    @property
    def minutes(self) -> float:
        """How long it counted."""
        return (self.within[1] - self.within[0]) / 60

    @property
    def score(self) -> Score:
        """Events told and missed."""
        return score(self.due, self.told, self.within)


@dataclass(slots=True)
class Stage:
    """A running rig whose engine is tapped."""

    rig: Rig
    tap: EngineTap

    def log(self, name: str = SOURCE) -> Path:
        """The log of a camera."""
        return self.rig.folder / f"{name}.log"


class Meter:
    """CPU of the job and of the engine from now on."""

    def __init__(self, running: Rig) -> None:
        self._rig = running
        self._begun = time.monotonic()
        self._jobs = running.cpu()
        self._engine = _with_children(running.engine_pid)

    def read(self) -> Cost:
        """Shares of a core since the beginning."""
        took = time.monotonic() - self._begun
        job = self._rig.job(self._jobs)[0]
        used = sum(cpu_seconds(pid) - self._jobs.get(pid, 0.0) for pid in (job, *descendants(job)))
        return Cost(used / took, (_with_children(self._rig.engine_pid) - self._engine) / took)


@asynccontextmanager
async def stage(folder: Path, setup: Setup) -> AsyncIterator[Stage]:
    """Everything but camera, booth and viewer."""
    if setup.detector and not WEIGHTS.is_file():
        print(f"no weights at {WEIGHTS.name}: the detector is off", file=sys.stderr)
    async with AsyncExitStack() as stack:
        tap = await stack.enter_async_context(engine_tap())

        def tapped(url: str) -> str:
            tap.behind = url.removesuffix("/v1")
            return f"{tap.url}/v1"

        running = await stack.enter_async_context(
            rig(
                folder,
                "",
                Sketch(setup.ready),
                agent=setup.agent,
                filming=False,
                settings=setup.environment(),
                engine_url=tapped,
            )
        )
        yield Stage(running, tap)


@asynccontextmanager
async def commentated(
    folder: Path, film: Path, setup: Setup
) -> AsyncIterator[tuple[Stage, ViewerProbe]]:
    """A film with commentary, and somebody who sees and hears it; it has just settled."""
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(stage(folder, setup))
        await stack.enter_async_context(there.rig.camera(SOURCE, FilmCamera(film)))
        probe = await stack.enter_async_context(there.rig.viewer())
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
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(stage(folder, setup))
        probe = await stack.enter_async_context(there.rig.viewer())
        for number, (name, film) in enumerate(films.items()):
            camera = f"{SOURCE}-{number}"
            async with there.rig.camera(camera, FilmCamera(film)):
                if not number:
                    await there.rig.send({**ROOM_SETTINGS, "source": "", **setup.settings})
                await probe.until(
                    partial(_watches, probe, camera),
                    timeout=JOIN_TIMEOUT,
                    what=f"the picture of {name}",
                )
                await asyncio.sleep(SETTLE)
                found.append(await _counted(there, probe, name, (), seconds, camera))
    return found


def _watches(probe: ViewerProbe, camera: str) -> bool:
    return last_status(probe).get("source") == camera


async def _counted(
    there: Stage,
    probe: ViewerProbe,
    name: str,
    events: Sequence[Event],
    seconds: float,
    camera: str = SOURCE,
) -> Heard:
    """What is heard from now on."""
    begun, meter = time.monotonic(), Meter(there.rig)
    await asyncio.sleep(seconds)
    ended, cost = time.monotonic(), meter.read()
    told = timeline(probe.lines, probe.bursts, probe.frames)
    return Heard(
        film=name,
        told=[line for line in told if begun <= line.start <= ended],
        within=(begun, ended),
        due=due(there.log(camera), events, probe),
        asked=[one for one in there.tap.asked if begun <= one.received <= ended],
        left_out=left_out(probe, begun),
        cost=cost,
        status=last_status(probe),
        wrong=probe.wrong,
    )


def due(log: Path, events: Sequence[Event], probe: ViewerProbe) -> list[Due]:
    """When the events of a film were on display."""
    seen = displayed(probe.frames, probe.unix_offset)
    shown = film_times(log)
    found = []
    for number, one in enumerate(shown):
        until = shown[number + 1].at if number + 1 < len(shown) else float("inf")
        for event in events:
            at = one.at + event.time - one.place
            on_display = seen(at + WAY) if one.at <= at < until else None
            if on_display is not None:
                found.append(Due(on_display, event.kind, event.place))
    return sorted(found, key=lambda event: event.at)


def left_out(probe: ViewerProbe, since: float) -> dict[str, int]:
    """Lines that ended without having begun, by reason."""
    begun = {line.id for line in probe.lines if line.phase == "start"}
    found: dict[str, int] = {}
    for line in probe.lines:
        if line.phase == "end" and line.id not in begun and line.received >= since:
            reason = line.dropped or "unknown"
            found[reason] = found.get(reason, 0) + 1
    return found


def statuses(probe: ViewerProbe) -> list[tuple[float, dict[str, Any]]]:
    """What the booth told of itself, in order."""
    return [
        (at, json.loads(changed[STATUS]))
        for at, _, changed in probe.attributes
        if changed.get(STATUS)
    ]


def last_status(probe: ViewerProbe) -> dict[str, Any]:
    """What the booth told of itself at last."""
    found = statuses(probe)
    return found[-1][1] if found else {}


def _with_children(pid: int) -> float:
    return sum(cpu_seconds(one) for one in (pid, *descendants(pid)))
