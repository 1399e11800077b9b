"""Measures the booth: one run for speech and picture, one for questions, one for memory."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.rig import ROOM, EngineOptions, Rig, rig
from tests.support.measure import (
    HeardLine,
    PictureReport,
    heard_lines,
    picture_report,
    stamp_errors,
    true_ages,
)
from tests.support.procfs import cpu_seconds, own_memory
from tests.support.viewer_probe import ViewerProbe, watching

JOIN_TIMEOUT = 60.0
SETTLE = 10.0
"""Seconds after the first delayed picture before CPU is counted."""

STILL = 15.0
"""Seconds without a picture that end a run."""

SETTINGS = {"tts_pause_after": 0, "inference_interval": 0, "change_threshold": 0, "idle_after": 0}


@dataclass(slots=True)
class Speech:
    """What a viewer heard and saw in one run."""

    lines: list[HeardLine]
    dropped: list[str | None]
    picture: PictureReport
    true_ages: list[float]
    stamp_errors: list[float]
    engine: list[dict[str, Any]]
    delays: list[float]
    cpu: float
    seconds: float
    wrong: list[str]
    raw: dict[str, Any] = field(repr=False)


async def speech(folder: Path, footage: str, seconds: float, engine: EngineOptions) -> Speech:
    """Lets it comment for so long, with a breathing pause of nothing."""
    async with rig(folder, footage, engine) as running, _in_room(running) as probe:
        before = running.cpu()
        await running.dispatch(**SETTINGS)
        await probe.until(
            lambda: len(probe.frames) > 30, timeout=JOIN_TIMEOUT, what="a delayed picture"
        )
        await asyncio.sleep(SETTLE)
        job = running.job(before)
        begun, used = time.monotonic(), cpu_seconds(job)
        await _keep_watching(probe, seconds)
        share = (cpu_seconds(job) - used) / (time.monotonic() - begun)
        log = await running.engine_log()
    return _speech(probe, log, share, time.monotonic() - begun)


@dataclass(frozen=True, slots=True)
class Question:
    """Monotonic seconds; ready is what the script made the engine take."""

    asked: float
    received: float
    ready: float
    heard: float

    @property
    def wait(self) -> float:
        """Seconds to the first sound of the answer, less the engine's ready time."""
        return self.heard - self.asked - self.ready


async def questions(
    folder: Path, footage: str, number: int, engine: EngineOptions
) -> list[Question]:
    """Asks so many questions, one after another, while it comments."""
    async with rig(folder, footage, engine) as running, _in_room(running) as probe:
        await running.dispatch(**SETTINGS)
        await probe.until(lambda: len(probe.bursts) > 2, timeout=JOIN_TIMEOUT, what="lines")
        asked = {}
        for i in range(number):
            asked[f"Question {i}:"] = await probe.ask(f"Question {i}: what is going on?")
            await asyncio.sleep(engine.mean * 3 + engine.speech * 2 + i * 0.37 % 1)
        rows = [row for row in await running.engine_log() if row["kind"] == "answer"]
    heard = {line.number: line for line in heard_lines(probe.lines, probe.bursts, probe.frames)}
    found = [
        Question(left, row["received"], row["ready"], heard[row["number"]].start)
        for question, left in asked.items()
        for row in rows
        if question in row["text"] and row["number"] in heard
    ]
    rows_of = [asdict(question) for question in found]
    await asyncio.to_thread((folder / "questions.json").write_text, json.dumps(rows_of))
    return found


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of the job's own memory at each delay (s), smallest of the samples."""

    at: dict[float, int]

    @property
    def per_second(self) -> float:
        """Bytes for each second of delay."""
        (short, low), (long, high) = sorted(self.at.items())
        return (high - low) / (long - short)


async def memory(
    folder: Path, footage: str, delays: tuple[float, float], engine: EngineOptions
) -> Memory:
    """The booth's memory at two fixed delays, one after the other in one process."""
    found = {}
    async with rig(folder, footage, engine) as running, _in_room(running) as probe:
        before = running.cpu()
        await running.dispatch(**SETTINGS, delay=delays[0])
        for delay in delays:
            await probe.until(lambda: len(probe.frames) > 30, timeout=JOIN_TIMEOUT)
            await probe.call("pressbox.set", json.dumps({"delay": delay}))
            await asyncio.sleep(delay + SETTLE)
            job = running.job(before)
            found[delay] = await _smallest_memory(job)
    return Memory(found)


async def _smallest_memory(job: int) -> int:
    samples = []
    for _ in range(20):
        samples.append(own_memory(job))
        await asyncio.sleep(0.25)
    return min(samples)


def save(folder: Path, run: Speech) -> None:
    """Writes everything that was recorded."""
    (folder / "raw.json").write_text(json.dumps(run.raw))


def _speech(probe: ViewerProbe, log: list[dict[str, Any]], cpu: float, seconds: float) -> Speech:
    lines = heard_lines(probe.lines, probe.bursts, probe.frames)
    ends = [line for line in probe.lines if line.phase == "end"]
    raw = {
        "frames": [asdict(frame) for frame in probe.frames],
        "bursts": [asdict(burst) for burst in probe.bursts],
        "lines": [asdict(line) for line in probe.lines],
        "attributes": probe.attributes,
        "engine": log,
        "unix_offset": probe.unix_offset,
        "cpu": cpu,
    }
    return Speech(
        lines=lines,
        dropped=[line.dropped for line in ends if line.dropped],
        picture=picture_report(probe.frames, probe.unix_offset),
        true_ages=true_ages(probe.frames),
        stamp_errors=stamp_errors(probe.frames, probe.unix_offset),
        engine=log,
        delays=_delays(probe),
        cpu=cpu,
        seconds=seconds,
        wrong=probe.wrong,
        raw=raw,
    )


def _delays(probe: ViewerProbe) -> list[float]:
    """The delay as the booth states it, each time it changed."""
    states = [got["pressbox.status"] for _, _, got in probe.attributes if "pressbox.status" in got]
    return [float(json.loads(state)["delay"]) for state in states]


async def _keep_watching(probe: ViewerProbe, seconds: float) -> None:
    """Waits so long. Raises AssertionError when the picture stops."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        seen = len(probe.frames)
        await asyncio.sleep(min(left, STILL))
        if left > STILL and len(probe.frames) == seen:
            raise AssertionError(f"no picture for {STILL} s; {probe}")


@asynccontextmanager
async def _in_room(running: Rig) -> AsyncIterator[ViewerProbe]:
    token = running.server.token(ROOM, "viewer")
    async with watching(running.server.url, token) as probe:
        yield probe
