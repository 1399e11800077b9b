"""Measures a booth without LiveKit beside the same booth in a room: a film, and one client by HTTP.

Times in seconds, CPU as share of one core.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import aiohttp
import av
from yarl import URL

from tests.bench.http import EARLIEST, LATEST, web_process
from tests.bench.http_client import events, http_client
from tests.bench.report import Row, p
from tests.bench.rig import ROOM, SETTINGS, SOURCE, EngineOptions, cpu_share, process, rig
from tests.sources.service import serving
from tests.support.footage import footage as pictures_of
from tests.support.measure import heard_lines
from tests.support.ports import free_port
from tests.support.procfs import descendants
from tests.support.standalone_program import standalone

ENGINE = EngineOptions(mean=0.6, speech=1.2, spread=0.4)
FPS, FILM_SECONDS = 30, 20
SIZE = (1280, 720)
SETTLE = 12.0
"""Seconds from the first line on before anything is counted."""

Pids = dict[str, Callable[[], list[int]]]


@dataclass(frozen=True, slots=True)
class Run:
    """watched: CPU by part while a client takes picture, sound and events; read: while it takes
    events alone; sync: of what the first one saw and heard.
    """

    watched: dict[str, float]
    read: dict[str, float]
    sync: list[float]
    lines: int


async def both(folder: Path, footage: str, seconds: float) -> dict[str, Run]:
    """One after the other, each for so many seconds with each client."""
    film = await asyncio.to_thread(make_film, folder / "media" / "film.mp4", footage)
    async with _alone(folder / "alone", film) as (site, pids):
        alone = await _run(site, pids, seconds)
    async with _in_room(folder, film) as (site, pids):
        return {"standalone": alone, "room": await _run(site, pids, seconds)}


def make_film(path: Path, footage: str) -> Path:
    """720p30 as phones and cameras write it: H.264 without B-frames, a key frame each second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(path, "w") as container:
        options = {"preset": "veryfast", "bf": "0", "g": str(FPS)}
        stream: Any = container.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_500_000
        for i420 in islice(pictures_of(footage, *SIZE), FPS * FILM_SECONDS):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(i420, "yuv420p")))
        container.mux(stream.encode(None))
    return path


@asynccontextmanager
async def _alone(folder: Path, film: Path) -> AsyncIterator[tuple[URL, Pids]]:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    port = free_port()
    words = [f"{name.upper()}={value}" for name, value in SETTINGS.items()]
    with (folder / "engine.log").open("wb") as log:
        async with (
            process(ENGINE.command(port), dict(os.environ), log),
            standalone(folder, str(film), f"ENGINE_URL=http://127.0.0.1:{port}/v1", *words) as on,
        ):
            site = URL(f"http://127.0.0.1:{on.port}")
            parts: Pids = {"booth and web": lambda: [on.pid], "reader": lambda: descendants(on.pid)}
            yield site, parts


@asynccontextmanager
async def _in_room(folder: Path, film: Path) -> AsyncIterator[tuple[URL, Pids]]:
    async with (
        rig(folder / "room", "", ENGINE) as running,
        serving(running.server, folder) as service,
        web_process(running) as (site, web),
    ):
        before = running.cpu()
        await service.add(SOURCE, str(film), room=ROOM)
        await running.dispatch()
        async with _reading(site):
            await asyncio.sleep(SETTLE)
        job = running.job(before)
        relay = [service.program.pid, *descendants(service.program.pid)]
        yield site, {"job": lambda: job, "web": lambda: [web], "relay": lambda: relay}


async def _run(site: URL, pids: Pids, seconds: float) -> Run:
    async with _reading(site), http_client(site) as client:
        await asyncio.sleep(SETTLE)
        watched = await _shares(pids, seconds)
    heard = heard_lines(client.lines, client.bursts, client.frames)
    async with _reading(site):
        await asyncio.sleep(SETTLE)
        read = await _shares(pids, seconds / 2)
    return Run(watched, read, [one.sync for one in heard if one.sync is not None], len(heard))


async def _shares(pids: Pids, seconds: float) -> dict[str, float]:
    found = await asyncio.gather(*(cpu_share(of, seconds) for of in pids.values()))
    return dict(zip(pids, found, strict=True))


@asynccontextmanager
async def _reading(site: URL) -> AsyncIterator[None]:
    """A client that takes events; entered with the first line."""
    got: dict[str, list[float]] = {}
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        task = asyncio.create_task(events(session, site, got))
        try:
            async with asyncio.timeout(60):
                while not got:
                    await asyncio.sleep(0.1)
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def standalone_rows(runs: dict[str, Run]) -> list[Row]:
    """The table."""
    alone, room = runs["standalone"], runs["room"]
    within = f"p1 to p99 within {LATEST * 1000:.0f} to +{EARLIEST * 1000:.0f} ms"
    return [
        Row(
            "standalone, CPU, who watches by HTTP",
            "≤ a room",
            _cpu(alone.watched),
            _cpu(room.watched),
        ),
        Row("standalone, CPU, who reads by HTTP", "≤ a room", _cpu(alone.read), _cpu(room.read)),
        Row("standalone, sync by HTTP", within, _sync(alone), _sync(room)),
    ]


def _cpu(parts: dict[str, float]) -> str:
    of = ", ".join(f"{name} {share:.2f}" for name, share in parts.items())
    return f"{sum(parts.values()):.2f} core ({of})"


def _sync(run: Run) -> str:
    quantiles = ", ".join(f"p{q} {p(run.sync, q / 100) * 1000:+.0f}" for q in (1, 50, 99))
    return f"{quantiles} ms of {len(run.sync)} of {run.lines} lines"
