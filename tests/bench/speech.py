"""A run of speech: viewers come and go, the engine gets slower, a second camera comes and goes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.bench.rig import Camera, EngineOptions, Rig, rig
from tests.bench.sync import Situation, Timeline, by_situation, first_seen
from tests.support.measure import HeardLine, PictureReport, heard_lines, picture_report
from tests.support.viewer_probe import ViewerProbe

JOIN_TIMEOUT = 60.0
STILL = 15.0
"""Seconds without a picture that end a run."""

STEP = 20.0
SLOWER = 2.0
"""Each act of a run: the engine takes SLOWER times as long for a STEP (s), is back for a STEP, a
second camera is there for a STEP and gone for a STEP.
"""

ACTING = 0.4
"""Share of a run in which there is something going on; the calm part comes first."""

CALM = 60.0
"""Least seconds of it."""

VISITS = 17.0
"""Seconds from one further viewer to the next: not in step with STEP."""

VISIT = 20.0
LATER = (0.0, 10.0, 60.0)
"""Seconds after the first line at which the delay is looked at."""


@dataclass(frozen=True, slots=True)
class Delay:
    """The delay at one moment (s): as the viewer's picture shows it, and as the booth states it."""

    age: float
    stated: float


@dataclass(slots=True)
class Speech:
    """What was heard and seen in one run. Seconds.

    lines, picture: of the viewer who was there all the time; calm, calm_picture: of the time before
    anything went on; errors: sync errors of all viewers, by what was going on; ready: the engine's
    ready times while it was calm; delays: at LATER; stated: from the first line on; visits: further
    viewers who heard a line; blind: those who did not see the first one's frame.
    """

    lines: list[HeardLine]
    calm: list[HeardLine]
    errors: dict[Situation, list[float]]
    dropped: list[str]
    picture: PictureReport
    calm_picture: PictureReport
    ready: list[float]
    delays: list[Delay]
    stated: list[float]
    visits: int
    blind: int
    seconds: float
    wrong: list[str]


async def speech(folder: Path, footage: str, seconds: float, engine: EngineOptions) -> Speech:
    """Lets it comment for so long and directs what happens meanwhile."""
    visitors: list[ViewerProbe] = []
    async with rig(folder, footage, engine) as running, running.viewer() as probe:
        await running.dispatch(source="")
        await probe.until(lambda: len(probe.frames) > 30, timeout=JOIN_TIMEOUT, what="a picture")
        begun = time.monotonic()
        acts = max(round(seconds * ACTING / (4 * STEP)), 1)
        calm_until = begun + max(seconds - acts * 4 * STEP, min(seconds, CALM))
        async with _beside(_visits(running, visitors), _acts(running, footage, calm_until)):
            await _keep_watching(probe, seconds)
        log = await running.engine_log()
    record = {
        "calm_until": calm_until,
        "engine": log,
        "viewers": [_record(one) for one in (probe, *visitors)],
    }
    await asyncio.to_thread((folder / "raw.json").write_text, json.dumps(record))
    return _speech(probe, visitors, log, calm_until, seconds)


async def _acts(running: Rig, footage: str, begin: float) -> None:
    await asyncio.sleep(begin - time.monotonic())
    second = Camera(footage, 640, 480, 15)
    while True:
        await running.slow_engine(SLOWER)
        await asyncio.sleep(STEP)
        await running.slow_engine(1.0)
        await asyncio.sleep(STEP)
        async with running.camera("second", second):
            await asyncio.sleep(STEP)
        await asyncio.sleep(STEP)


async def _visits(running: Rig, visitors: list[ViewerProbe]) -> None:
    """Viewers who each stay until a line has been heard whole, one after another."""
    while True:
        pause = asyncio.create_task(asyncio.sleep(VISITS), name="bench.pause")
        async with running.viewer(f"visitor-{len(visitors)}") as visitor:
            visitors.append(visitor)
            with contextlib.suppress(AssertionError):  # then there is nothing to be counted
                await _until_heard(visitor)
            await asyncio.sleep(0.5)  # for the message about the line's end
        await pause


async def _until_heard(visitor: ViewerProbe) -> None:
    """Of two bursts one at least is a whole line."""
    await visitor.until(lambda: len(visitor.bursts) > 1, timeout=VISIT, what="two bursts")


async def _keep_watching(probe: ViewerProbe, seconds: float) -> None:
    """Waits so long. Raises AssertionError when the picture stops."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        seen = len(probe.frames)
        await asyncio.sleep(min(left, STILL))
        if left > STILL and len(probe.frames) == seen:
            raise AssertionError(f"no picture for {STILL} s; {probe}")


def _speech(
    probe: ViewerProbe,
    visitors: list[ViewerProbe],
    log: list[dict[str, Any]],
    calm_until: float,
    seconds: float,
) -> Speech:
    lines = _heard(probe)
    timeline = Timeline(probe.frames, probe.unix_offset)
    errors = by_situation(lines, timeline)
    visits = [heard for visitor in visitors if (heard := _heard(visitor))]
    firsts = [first_seen(heard) for heard in visits]
    errors["first"] += [one.sync for one in firsts if one and one.sync is not None]
    first = first_seen(lines)
    stated = _stated(probe)
    times = [first.start + later for later in LATER] if first else []
    answered = [row for row in log if row["kind"] == "commentary" and row["first_sent"]]
    return Speech(
        lines=lines,
        calm=[line for line in lines if line.start < calm_until],
        errors=errors,
        dropped=[line.dropped for line in probe.lines if line.phase == "end" and line.dropped],
        picture=picture_report(probe.frames),
        calm_picture=picture_report(
            [frame for frame in probe.frames if frame.received < calm_until]
        ),
        ready=[row["ready"] for row in answered if row["received"] < calm_until],
        delays=[Delay(timeline.age(time), _at(stated, time)) for time in times],
        stated=[delay for time, delay in stated if times and time >= times[0]],
        visits=len(visits),
        blind=sum(heard[0].sync is None for heard in visits),
        seconds=seconds,
        wrong=[problem for one in (probe, *visitors) for problem in one.wrong],
    )


def _heard(probe: ViewerProbe) -> list[HeardLine]:
    return heard_lines(probe.lines, probe.bursts, probe.frames)


def _stated(probe: ViewerProbe) -> list[tuple[float, float]]:
    """When the booth told of a delay, and of which (s)."""
    return [
        (time, float(json.loads(got["pressbox.status"])["delay"]))
        for time, _, got in probe.attributes
        if "pressbox.status" in got
    ]


def _at(stated: list[tuple[float, float]], time: float) -> float:
    return next((delay for told, delay in reversed(stated) if told <= time), float("nan"))


def _record(probe: ViewerProbe) -> dict[str, Any]:
    return {
        "unix_offset": probe.unix_offset,
        "frames": [asdict(frame) for frame in probe.frames],
        "bursts": [asdict(burst) for burst in probe.bursts],
        "lines": [asdict(line) for line in probe.lines],
        "attributes": probe.attributes,
        "wrong": probe.wrong,
    }


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Goes on with this while the block runs; raises what went wrong in it."""
    tasks = [asyncio.create_task(one, name="bench.beside") for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end
