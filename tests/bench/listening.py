"""The parts of the bench that listen to the commentary itself; each gives its rows."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, TypeVar

from tests.bench import listening_rows
from tests.bench.commentary import SETTLE, Cost, Heard, Setup, commentated, heard, in_turn
from tests.bench.event_score import score_text
from tests.bench.noise_films import SECONDS, noise_films
from tests.bench.report import Row
from tests.bench.rules import Alerted, alerted
from tests.bench.timeline import timeline
from tests.support.film_scripts import films
from tests.support.scripted_films import rendered

SCRIPTED = ("visits", "traffic", "lights", "desk")
STILL_SHORT, STILL_LONG, NIGHT, NOISE = 90.0, 600.0, 60.0, 30.0
READY = 0.6
"""Mean seconds that sketch waits before it speaks where a line is to be interrupted."""

AGAIN, STEP = 6.0, 0.37
"""Seconds between two questions, and what is added so that they come at any point of a line."""

MORE = 8.0
"""Seconds beyond a film's end, in which its last event is told."""

Measured = TypeVar("Measured")


class Both(Protocol):
    """Runs a scenario with this checkout and with that of --baseline, if there is one."""

    async def __call__(
        self, name: str, scenario: Callable[[Path, Path | None], Awaitable[Measured]]
    ) -> tuple[Measured, Measured | None]: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """One question while a line was being said, or not. Seconds from the question.

    silent: until the commentary was, 0 where it was silent; ready: until the engine's first speech;
    heard: until the first sound of the answer; nan where it did not come.
    """

    silent: float
    ready: float
    heard: float


@dataclass(frozen=True, slots=True)
class Listening:
    """What the command line asked for."""

    both: Both
    full: bool
    preset: str
    seconds: float | None
    out: Path

    async def still(self) -> list[Row]:
        """A scene in which nothing happens."""
        seconds = self.seconds or (STILL_LONG if self.full else STILL_SHORT)
        run, old = await self._films("still", ("still",), Setup({"preset": self.preset}), seconds)
        return listening_rows.still_rows(run[0], old[0] if old else None)

    async def events(self) -> list[Row]:
        """Scripted films."""
        run, old = await self._films("events", SCRIPTED, Setup({"preset": self.preset}))
        return listening_rows.event_rows(run, old)

    async def busy(self) -> list[Row]:
        """A scene in which something always happens."""
        run, old = await self._films("busy", ("busy",), Setup({"preset": "lively"}))
        return listening_rows.busy_rows(run[0], old[0] if old else None)

    async def noise(self) -> list[Row]:
        """Pictures that change though nothing happens, one after another in one room."""
        seconds = self.seconds or NOISE

        async def scenario(folder: Path, agent: Path | None) -> list[Heard]:
            paths = await asyncio.to_thread(noise_films)
            setup = Setup({"preset": self.preset}, agent=agent)
            return await in_turn(folder, paths, min(seconds, SECONDS - SETTLE), setup)

        async def nights(folder: Path, agent: Path | None) -> list[Heard]:
            path = await asyncio.to_thread(rendered, films()["night"])
            setup = Setup({"preset": "sentry"}, agent=agent)
            night = await heard(folder, "a night, sentry", path, (), self.seconds or NIGHT, setup)
            return [night]

        run, old = await self.both("noise", scenario)
        night, before = await self.both("night", nights)
        return listening_rows.noise_rows([*run, *night], [*(old or ()), *(before or ())])

    async def alerts(self) -> list[Row]:
        """Rules on a film in which they come true. No baseline has any."""
        film = films()["watched"]

        async def scenario(folder: Path, agent: Path | None) -> Alerted:
            path = await asyncio.to_thread(rendered, film)
            return await alerted(folder, film, path, agent)

        run, _ = await self.both("alerts", scenario)
        return listening_rows.alert_rows(run)

    async def barge(self) -> list[Row]:
        """Questions while it comments."""
        count = 30 if self.full else 8

        async def scenario(folder: Path, agent: Path | None) -> list[Asked]:
            path = await asyncio.to_thread(rendered, films()["busy"])
            setup = Setup({"preset": "lively"}, agent=agent, ready=READY)
            return await barge(folder, path, count, setup)

        return listening_rows.barge_rows(*await self.both("barge", scenario), count)

    async def cost(self) -> list[Row]:
        """CPU with the detector and without it, on one film."""

        async def scenario(folder: Path, agent: Path | None) -> tuple[Cost, Cost]:
            film = films()["visits"]
            path = await asyncio.to_thread(rendered, film)
            seconds = self.seconds or film.seconds
            on = Setup(agent=agent)
            off = replace(on, detector=False)
            runs = [
                await heard(folder / name, film.name, path, (), seconds, setup)
                for name, setup in (("on", on), ("off", off))
            ]
            return runs[0].cost, runs[1].cost

        return listening_rows.cost_rows(*await self.both("cost", scenario))

    async def _films(
        self, part: str, names: Sequence[str], setup: Setup, seconds: float | None = None
    ) -> tuple[list[Heard], list[Heard] | None]:
        """These films one after another, each for so long, or once."""

        async def scenario(folder: Path, agent: Path | None) -> list[Heard]:
            found = []
            for name in names:
                film = films()[name]
                path = await asyncio.to_thread(rendered, film)
                place, rest = folder / name, seconds or film.seconds + MORE
                run = await heard(place, name, path, film.events, rest, replace(setup, agent=agent))
                text = score_text(run.score, run.told, run.within[0])
                await asyncio.to_thread((place / "timeline.txt").write_text, text)
                sys.stdout.write(f"{name}\n{text}")
                found.append(run)
            return found

        return await self.both(part, scenario)


async def barge(folder: Path, film: Path, count: int, setup: Setup) -> list[Asked]:
    """Asks so many questions at odd moments."""
    async with commentated(folder, film, setup) as (there, probe):
        left = []
        for number in range(count):
            left.append(await probe.ask(f"How many people are there now ({number})?"))
            await asyncio.sleep(AGAIN + number * STEP % 1.5)
    answers = timeline(probe.lines, probe.bursts, probe.frames)
    found = []
    for number, asked in enumerate(left):
        until = left[number + 1] if number + 1 < len(left) else float("inf")
        heard_at = [a.start for a in answers if a.kind == "answer" and asked <= a.start < until]
        ready = [
            one.ready
            for one in there.tap.asked
            if one.kind == "answer" and one.ready and asked <= one.received < until
        ]
        first = min(heard_at, default=float("nan"))
        before = [b.end for b in probe.bursts if b.end > asked and b.start < first - 0.01]
        silent = max(before, default=asked) - asked if heard_at else float("nan")
        waited = min(ready, default=float("nan")) - asked
        found.append(Asked(silent, waited, first - asked))
    return found
