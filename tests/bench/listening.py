"""The parts of the bench that listen to the commentary itself; each gives its rows."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from tests.bench import listening_rows as rows
from tests.bench.barge import Barged, barge
from tests.bench.commentary import SETTLE, Cost, Heard, Setup, heard, in_turn
from tests.bench.event_score import score_text
from tests.bench.report import Row
from tests.bench.rules import Alerted, alerted
from tests.bench.runs import Runs
from tests.support import cutouts, noise
from tests.support.cutouts import Image
from tests.support.film_scripts import films
from tests.support.scripted_films import FPS, Film, cached, rendered

SCRIPTED = ("visits", "traffic", "lights", "desk")
STILL_SHORT, STILL_LONG, NIGHT, NOISE = 90.0, 600.0, 60.0, 30.0
NOISE_FILM, NOISE_SIZE = 45.0, (640, 360)
"""Seconds of each; width and height that the noises are made for."""

READY = 0.6
"""Mean seconds that sketch waits before it speaks where a line is to be interrupted."""

MORE = 8.0
"""Seconds beyond a film's end, in which its last event is told."""


class Listening(Runs):
    """What the command line asked for."""

    async def still(self) -> list[Row]:
        """A scene in which nothing happens."""
        seconds = STILL_LONG if self._options.full else STILL_SHORT
        run, old = await self._films("still", ("still",), self._preset(), seconds)
        return rows.still_rows(run, old)

    async def events(self) -> list[Row]:
        """Scripted films."""
        return rows.event_rows(*await self._films("events", SCRIPTED, self._preset()))

    async def busy(self) -> list[Row]:
        """A scene in which something always happens."""
        lively = {"preset": "lively"}
        return rows.busy_rows(*await self._films("busy", ("busy",), lively))

    async def noise(self) -> list[Row]:
        """Pictures that change though nothing happens, one after another in one room; and a night
        of its own.
        """
        each = min(self._options.seconds or NOISE, NOISE_FILM - SETTLE)

        async def scenario(folder: Path, agent: Path | None) -> list[Heard]:
            paths = await asyncio.to_thread(noise_films)
            return await in_turn(folder, paths, each, Setup(self._preset(), agent))

        run, old = await self._both("noise", scenario)
        night, before = await self._films("night", ("night",), {"preset": "sentry"}, NIGHT)
        return rows.noise_rows([*run, *night], [*(old or ()), *(before or ())])

    async def alerts(self) -> list[Row]:
        """Rules on a film in which they come true. No baseline has any."""

        async def scenario(folder: Path, agent: Path | None) -> Alerted:
            return await alerted(folder, *await _film("watched"), agent)

        run, _ = await self._both("alerts", scenario)
        return rows.alert_rows(run)

    async def barge(self) -> list[Row]:
        """Questions while it comments."""
        count = 30 if self._options.full else 8

        async def scenario(folder: Path, agent: Path | None) -> list[Barged]:
            _, path = await _film("busy")
            setup = Setup({"preset": "lively"}, agent, ready=READY)
            return await barge(folder, path, count, setup)

        return rows.barge_rows(*await self._both("barge", scenario))

    async def cost(self) -> list[Row]:
        """CPU with the detector and without it, on one film."""

        async def scenario(folder: Path, agent: Path | None) -> list[Cost]:
            film, path = await _film("visits")
            seconds = self._options.seconds or film.seconds
            on = Setup(agent=agent)
            setups = {"on": on, "off": replace(on, detector=False)}
            return [
                (await heard(folder / name, film.name, path, (), seconds, setup)).cost
                for name, setup in setups.items()
            ]

        return rows.cost_rows(*await self._both("cost", scenario))

    async def _films(
        self,
        part: str,
        names: Sequence[str],
        settings: Mapping[str, object],
        seconds: float | None = None,
    ) -> tuple[list[Heard], list[Heard] | None]:
        """These films one after another, each in a room of its own, for so long, or once."""

        async def scenario(folder: Path, agent: Path | None) -> list[Heard]:
            found = []
            for name in names:
                film, path = await _film(name)
                rest = seconds and (self._options.seconds or seconds)
                run = await heard(
                    folder / name,
                    name,
                    path,
                    film.events,
                    rest or film.seconds + MORE,
                    Setup(settings, agent),
                )
                text = score_text(run.score, run.told, run.within[0])
                await asyncio.to_thread((folder / name / "timeline.txt").write_text, text)
                sys.stdout.write(f"{name}\n{text}")
                found.append(run)
            return found

        return await self._both(part, scenario)

    def _preset(self) -> dict[str, object]:
        return {"preset": self._options.preset}


async def _film(name: str) -> tuple[Film, Path]:
    film = films()[name]
    return film, await asyncio.to_thread(rendered, film)


def noise_films() -> dict[str, Path]:
    """The noise sets over a real still by name, as files, made where they are not there."""
    folder = Path(noise.__file__).parent
    sources = b"".join(path.read_bytes() for path in sorted(folder.glob("noise*.py")))
    sign = hashlib.sha256(sources).hexdigest()[:12]
    return {name: cached(name, sign, _noisy(make)) for name, make in noise.noises().items()}


def _noisy(make: noise.Noise) -> Iterator[Image]:
    grey = cv2.cvtColor(cutouts.room(), cv2.COLOR_BGR2GRAY)
    scene = np.asarray(cv2.resize(grey, NOISE_SIZE), np.uint8)
    film = make(lambda _: scene, np.random.default_rng(1))
    for number in range(round(NOISE_FILM * FPS)):
        yield np.repeat(film(number / FPS)[:, :, None], 3, axis=2)
