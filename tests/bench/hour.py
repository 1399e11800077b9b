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
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from livekit import rtc

from tests.bench.commentary import Setup, Stage, meter, stage
from tests.bench.hour_script import ACTS, SHIFTS, Act, Person
from tests.bench.hour_text import Done, Hour, all_over, rows, written
from tests.bench.report import Row
from tests.bench.rig import ROOM, Camera
from tests.support.camera_source import film_times
from tests.support.cutouts import CARS, PEOPLE
from tests.support.film_scripts import films
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
NAMES: tuple[Person, ...] = ("anna", "ben", "carla")
UNSUPPORTED = 1400
"""LiveKit's code of an RPC method that nobody has."""


@dataclass(slots=True)
class _Run:
    """What is at hand while it runs; anna sees and hears."""

    folder: Path
    there: Stage
    people: dict[Person, ViewerProbe]
    seconds: float
    hour: Hour

    async def until(self, share: float) -> None:
        """Waits for a moment of the hour."""
        await asyncio.sleep(self.hour.begun + share * self.seconds - time.monotonic())

    async def write(self) -> str:
        """The timeline so far."""
        self.hour.seconds = time.monotonic() - self.hour.begun
        text = written(self.hour)
        await asyncio.to_thread((self.folder / "timeline.txt").write_text, text)
        return text


async def hour(folder: Path, minutes: float, agent: Path | None) -> list[Row]:
    """Plays it; the folder holds logs and the timeline. What goes wrong on the way is in it."""
    shutil.rmtree(folder / "state", ignore_errors=True)  # or the last run's settings hold
    webcam = await asyncio.to_thread(rendered, films()["webcam"])
    paths = {"people": PEOPLE, "cars": CARS, "webcam": webcam}
    async with AsyncExitStack() as stack:
        there = await stack.enter_async_context(stage(folder, Setup(agent=agent)))
        people = {name: await stack.enter_async_context(_person(there, name)) for name in NAMES}
        viewer = people["anna"]
        for one in people.values():
            one.wrong = viewer.wrong
        first = await _camera(stack, there, paths, 0)
        await there.rig.send(SETTINGS)
        await viewer.until(lambda: len(viewer.frames) > 10, timeout=JOIN_TIMEOUT, what="a picture")
        found = Hour.of(viewer, there.tap.asked)
        run = _Run(folder, there, people, minutes * 60, found)
        found.cameras.append((found.begun, SHIFTS[0][0]))
        tasks = [
            asyncio.create_task(_shifts(run, paths, first), name="hour.cameras"),
            asyncio.create_task(_acts(run), name="hour.acts"),
            asyncio.create_task(_samples(run), name="hour.samples"),
        ]
        try:
            await run.until(1.0)
            await asyncio.wait(tasks[1:2], timeout=SPARE)
            with contextlib.suppress(AssertionError):  # what has no answer then is told as such
                await viewer.until(lambda: all_over(viewer.lines, found.done), timeout=LAST_ANSWERS)
            await asyncio.sleep(1)  # the last sound of the last line
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        found.wrong += [f"{type(e).__name__}: {e}" for e in ended if isinstance(e, Exception)]
        text = await run.write()
    sys.stdout.write(text)
    return rows(found)


def _person(there: Stage, name: str) -> AbstractAsyncContextManager[ViewerProbe]:
    """Somebody in the room; only anna has to see and hear."""
    server, sees = there.rig.server, name == "anna"
    return watching(
        server.url,
        server.token(ROOM, name),
        picture="delayed" if sees else None,
        sound="commentary" if sees else None,
    )


async def _camera(
    stack: AsyncExitStack, there: Stage, paths: dict[str, Path], shift: int
) -> AsyncExitStack:
    """The camera of a shift, which shows its first picture or has had time for it. Closing what is
    returned takes it away, and so does the end of `stack`.
    """
    own = await stack.enter_async_context(AsyncExitStack())
    film = SHIFTS[shift][0]
    name = f"{film}-{shift}"
    await own.enter_async_context(there.rig.camera(name, Camera(film=paths[film])))
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(JOIN_TIMEOUT):
            while not await asyncio.to_thread(film_times, there.rig.log(name)):
                await asyncio.sleep(0.2)
    return own


async def _shifts(run: _Run, paths: dict[str, Path], now: AsyncExitStack) -> None:
    """Cameras come and go in turn, until cancelled; the newest one is watched."""
    async with AsyncExitStack() as stack:
        for number, (film, begin) in enumerate(SHIFTS[1:], 1):
            await run.until(begin)
            after = await _camera(stack, run.there, paths, number)
            run.hour.cameras.append((time.monotonic(), film))
            await asyncio.sleep(OVERLAP)
            await now.aclose()
            now = after
        await asyncio.Event().wait()


async def _acts(run: _Run) -> None:
    """People do what the script says; each in a task of its own, so that two can be at once."""
    async with asyncio.TaskGroup() as group:
        for act in ACTS:
            await run.until(act.at)
            group.create_task(_act(run, act), name=f"hour.{act.do}")


async def _act(run: _Run, act: Act) -> None:
    at, probe, result = time.monotonic(), run.people[act.who], "done"
    given = {"text": act.what} if act.do == "ask" else act.what
    try:
        async with asyncio.timeout(ACT_TIMEOUT):
            if act.do == "chat":
                await probe.ask(act.what)
            else:
                payload = json.dumps(given) if given else ""
                told = await probe.call(f"pressbox.{act.do}", payload)
                result = "done" if act.do == "set" else f"done: {told}"
    except rtc.RpcError as error:
        result = "not there" if error.code == UNSUPPORTED else f"refused: {error.message}"
    except TimeoutError:
        result = f"no answer within {ACT_TIMEOUT:.0f} s"
    except Exception as error:  # LiveKit raises bare ones; the hour goes on
        result = f"failed: {type(error).__name__}: {error}"
    run.hour.done.append(Done(at, act, result))


async def _samples(run: _Run) -> None:
    """Cost and memory each minute; the timeline so far."""
    rig, viewer, found = run.there.rig, run.people["anna"], run.hour
    jobs, cost, own, seen = rig.cpu(), meter(rig), cpu_seconds(os.getpid()), 0
    while True:
        await asyncio.sleep(min(EACH, run.seconds / 8))
        now = time.monotonic()
        if len(viewer.frames) == seen:
            found.wrong.append(f"no picture for a while at {(now - found.begun) / 60:.1f} min")
            await viewer.subscribe_anew()
        seen = len(viewer.frames)
        found.costs.append(cost())
        cost = meter(rig)
        found.bench = (cpu_seconds(os.getpid()) - own) / (now - found.begun)
        try:
            found.memory.append(own_memory(rig.job(jobs)[0]))
        except OSError as error:
            found.wrong.append(f"the job's memory: {error}")
        await run.write()
