"""One room for an hour: films in turn, people who ask, order and change settings, and rules.

All that was heard and done is written to `timeline.txt` every minute, so that a run that is broken
off leaves what it has seen. Nothing is waited for without end.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from livekit import rtc

from tests.bench.commentary import Cost, Meter, Setup, Stage, stage
from tests.bench.hour_script import ACTS, SHIFTS, Act, Shift
from tests.bench.hour_text import Done, Hour, all_over, rows, written
from tests.bench.report import Row
from tests.bench.rig import ROOM, FilmCamera
from tests.support.cutouts import CARS, PEOPLE
from tests.support.film_scripts import films
from tests.support.film_source import film_times
from tests.support.procfs import cpu_seconds, own_memory
from tests.support.scripted_films import rendered
from tests.support.viewer_probe import ViewerProbe, watching

MINUTES = 60.0
JOIN_TIMEOUT, ACT_TIMEOUT, SPARE = 60.0, 15.0, 180.0
LAST_ANSWERS = 20.0
"""Seconds at most for the answers to the last questions."""

OVERLAP = 3.0
"""Seconds for which two cameras are there when one takes over."""

EACH = 60.0
"""Seconds between two samples of cost and two writings of the timeline."""

SETTINGS = {"idle_after": 0}
UNSUPPORTED = 1400
"""LiveKit's code of an RPC method that nobody has."""


@dataclass(slots=True)
class _Run:
    """What is at hand while it runs."""

    there: Stage
    people: dict[str, ViewerProbe]
    seconds: float
    begun: float
    done: list[Done] = field(default_factory=list)
    cameras: list[tuple[float, str]] = field(default_factory=list)
    costs: list[tuple[float, Cost]] = field(default_factory=list)
    memory: list[tuple[float, int]] = field(default_factory=list)
    bench: float = 0.0

    @property
    def viewer(self) -> ViewerProbe:
        """Who sees and hears."""
        return self.people["anna"]

    def hour(self) -> Hour:
        """What was seen so far."""
        probe = self.viewer
        return Hour(
            begun=self.begun,
            seconds=time.monotonic() - self.begun,
            lines=list(probe.lines),
            bursts=list(probe.bursts),
            frames=list(probe.frames),
            attributes=list(probe.attributes),
            wrong=[problem for one in self.people.values() for problem in one.wrong],
            done=list(self.done),
            cameras=list(self.cameras),
            asked=list(self.there.tap.asked),
            costs=list(self.costs),
            memory=list(self.memory),
            bench=self.bench,
        )

    async def until(self, share: float) -> None:
        """Waits for a moment of the hour."""
        await asyncio.sleep(self.begun + share * self.seconds - time.monotonic())


async def hour(folder: Path, minutes: float, agent: Path | None) -> list[Row]:
    """Plays it; the folder holds logs and the timeline. What goes wrong on the way is in it."""
    shutil.rmtree(folder / "state", ignore_errors=True)  # or the last run's settings hold
    paths = await asyncio.to_thread(_films)
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(stage(folder, Setup(agent=agent)))
        people = {
            "anna": await stack.enter_async_context(_person(there, "anna", sees=True)),
            "ben": await stack.enter_async_context(_person(there, "ben")),
            "carla": await stack.enter_async_context(_person(there, "carla")),
        }
        first = await _camera(stack, there, paths, SHIFTS[0], 0)
        await there.rig.send(SETTINGS)
        await people["anna"].until(
            lambda: len(people["anna"].frames) > 10, timeout=JOIN_TIMEOUT, what="a picture"
        )
        run = _Run(there, people, minutes * 60, time.monotonic())
        run.cameras.append((run.begun, SHIFTS[0].film))
        tasks = [
            asyncio.create_task(_shifts(run, paths, first), name="hour.cameras"),
            asyncio.create_task(_acts(run), name="hour.acts"),
            asyncio.create_task(_samples(run, folder), name="hour.samples"),
        ]
        try:
            await run.until(1.0)
            await asyncio.wait(tasks[1:2], timeout=SPARE)
            with contextlib.suppress(AssertionError):  # what has no answer then is told as such
                await run.viewer.until(
                    lambda: all_over(run.viewer.lines, run.done), timeout=LAST_ANSWERS
                )
            await asyncio.sleep(1)  # the last sound of the last line
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        found = run.hour()
        found.wrong += [
            f"{type(end).__name__}: {end}" for end in ended if isinstance(end, Exception)
        ]
    text = written(found)
    await asyncio.to_thread((folder / "timeline.txt").write_text, text)
    sys.stdout.write(text)
    return rows(found)


def _films() -> dict[str, Path]:
    return {"people": PEOPLE, "cars": CARS, "webcam": rendered(films()["webcam"])}


@asynccontextmanager
async def _person(there: Stage, name: str, *, sees: bool = False) -> AsyncIterator[ViewerProbe]:
    """Somebody in the room; only one has to see and hear."""
    server = there.rig.server
    tracks = ("delayed", "commentary") if sees else (None, None)
    async with watching(
        server.url, server.token(ROOM, name), picture=tracks[0], sound=tracks[1]
    ) as probe:
        yield probe


async def _camera(
    stack: AsyncExitStack, there: Stage, paths: dict[str, Path], shift: Shift, number: int
) -> AsyncExitStack:
    """A camera; closing what is returned takes it away, and so does the end of `stack`."""
    own = await stack.enter_async_context(AsyncExitStack())
    camera = FilmCamera(paths[shift.film])
    await own.enter_async_context(there.rig.camera(_name(shift, number), camera))
    return own


async def _shifts(run: _Run, paths: dict[str, Path], now: AsyncExitStack) -> None:
    """Cameras come and go in turn, until cancelled; the newest one is watched."""
    async with AsyncExitStack() as stack:
        for number, shift in enumerate(SHIFTS[1:], 1):
            await run.until(shift.begin)
            after = await _camera(stack, run.there, paths, shift, number)
            await _filming(run.there.log(_name(shift, number)))
            run.cameras.append((time.monotonic(), shift.film))
            await asyncio.sleep(OVERLAP)
            await now.aclose()
            now = after
        await asyncio.Event().wait()


async def _filming(log: Path) -> None:
    """Waits until a camera shows its first picture, for as long as a start may take."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(JOIN_TIMEOUT):
            while not await asyncio.to_thread(film_times, log):
                await asyncio.sleep(0.2)


def _name(shift: Shift, number: int) -> str:
    return f"{shift.film}-{number}"


async def _acts(run: _Run) -> None:
    """People do what the script says; each in a task of its own, so that two can be at once."""
    async with asyncio.TaskGroup() as group:
        for act in ACTS:
            await run.until(act.at)
            group.create_task(_act(run, act), name=f"hour.{act.do}")


async def _act(run: _Run, act: Act) -> None:
    at, probe, result = time.monotonic(), run.people[act.who], "done"
    try:
        async with asyncio.timeout(ACT_TIMEOUT):
            if act.do == "chat":
                await probe.ask(act.what)
            elif act.do == "set":
                await probe.call("pressbox.set", json.dumps(act.what))
            elif act.do == "ask":
                payload = json.dumps({"text": act.what})
                result = f"done: {await probe.call('pressbox.ask', payload)}"
            else:
                result = f"done: {await probe.call('pressbox.skip', '')}"
    except rtc.RpcError as error:
        result = "not there" if error.code == UNSUPPORTED else f"refused: {error.message}"
    except TimeoutError:
        result = f"no answer within {ACT_TIMEOUT:.0f} s"
    except Exception as error:  # LiveKit raises bare ones; the hour goes on
        result = f"failed: {type(error).__name__}: {error}"
    run.done.append(Done(at, act, result))


async def _samples(run: _Run, folder: Path) -> None:
    """Cost and memory each minute; the timeline so far."""
    rig, jobs = run.there.rig, run.there.rig.cpu()
    meter, own, seen = Meter(rig), cpu_seconds(os.getpid()), 0
    while True:
        await asyncio.sleep(min(EACH, run.seconds / 8))
        now = time.monotonic()
        if len(run.viewer.frames) == seen:
            run.viewer.wrong.append(f"no picture for a while at {(now - run.begun) / 60:.1f} min")
            await run.viewer.subscribe_anew()
        seen = len(run.viewer.frames)
        run.costs.append((now, meter.read()))
        meter = Meter(rig)
        run.bench = (cpu_seconds(os.getpid()) - own) / (now - run.begun)
        try:
            run.memory.append((now, own_memory(rig.job(jobs)[0])))
        except OSError as error:
            run.done.append(Done(now, Act(0, "anna", "chat", "the job's memory"), str(error)))
        await asyncio.to_thread((folder / "timeline.txt").write_text, written(run.hour()))
