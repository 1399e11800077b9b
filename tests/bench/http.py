"""Measures what viewers by HTTP get, and what they cost the web process. Times in seconds."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from tests.bench.http_client import events, http_client
from tests.bench.report import Row, ms, p
from tests.bench.rig import Camera, EngineOptions, Rig, cpu_share, process, rig
from tests.support.measure import HeardLine, heard_lines
from tests.support.ports import free_port
from tests.support.procfs import own_memory

START_TIMEOUT = 60.0
SETTLE = 5.0
"""Seconds between a change and what is measured."""

LONGEST = 60.0
FEW, MANY = 1, 50
"""Clients of the picture."""
CROWD = 500
"""Clients of the events."""
LATEST, EARLIEST = -0.060, 0.120
WEB = ("-m", "web")


@dataclass(frozen=True, slots=True)
class Watched:
    """A number of clients of the picture: share of one core of the web process, pictures a second
    that one of them had, and bytes of a picture.
    """

    clients: int
    cpu: float
    fps: float
    size: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """Clients of the events. memory: bytes of the web process before, while and after they were
    there; late: from a line's message in the room to its event at a client.
    """

    clients: int
    memory: tuple[int, int, int]
    late: list[float]
    lost: int


@dataclass(frozen=True, slots=True)
class Http:
    """One run. sync: of what came by HTTP; webrtc: of a viewer in the room meanwhile."""

    sync: list[float]
    webrtc: list[float]
    lines: int
    watched: list[Watched]
    crowd: Crowd


async def http(folder: Path, footage: str, seconds: float) -> Http:
    """One room of 720p25 and one web process; each part takes `seconds`, and LONGEST at most."""
    seconds = min(seconds, LONGEST)
    camera = Camera(footage, fps=25)
    engine = EngineOptions(mean=0.6, speech=1.2, spread=0.4)
    async with (
        rig(folder, footage, engine, camera=camera) as running,
        web_process(running) as (site, pid),
        running.viewer() as probe,
    ):
        await running.dispatch()
        await probe.until(lambda: len(probe.bursts) > 2, timeout=START_TIMEOUT, what="lines")
        async with http_client(site) as client:
            await asyncio.sleep(seconds)
        by_http = heard_lines(client.lines, client.bursts, client.frames)
        in_room = heard_lines(probe.lines, probe.bursts, probe.frames)
        watched = [await watch(site, pid, count, seconds / 3) for count in (FEW, MANY)]
        got: dict[str, list[float]] = {}
        memory = await crowd(site, pid, seconds / 2, got)
        told = {line.id: line.received for line in probe.lines if line.phase == "start"}
    late = [at - told[line] for line, times in got.items() if line in told for at in times]
    lost = sum(CROWD - len(times) for times in list(got.values())[1:-1])
    return Http(
        _sync(by_http),
        _sync(in_room),
        len(by_http),
        watched,
        Crowd(CROWD, memory, late, lost),
    )


@asynccontextmanager
async def web_process(running: Rig) -> AsyncIterator[tuple[URL, int]]:
    """The HTTP server in a process of its own: its address and process id."""
    port = free_port()
    environment = {**running.environment, "WEB_PORT": str(port), "ROOM": "bench"}
    site = URL(f"http://127.0.0.1:{port}")
    with running.log("web").open("wb") as log:
        async with process(WEB, environment, log) as started:
            async with asyncio.timeout(START_TIMEOUT), aiohttp.ClientSession() as session:
                while not await _answers(session, site / "health"):
                    await asyncio.sleep(0.1)
            yield site, started.pid


async def watch(site: URL, pid: int, count: int, seconds: float) -> Watched:
    """So many clients of the picture, each a curl: what they do costs the web process nothing."""
    stop = str(seconds + 2 * SETTLE)
    say = "%{size_download}\n"
    command = ("curl", "-s", "-N", "-m", stop, "-o", os.devnull, "-w", say, str(site / "api/mjpeg"))
    clients = [
        await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        for _ in range(count)
    ]
    begun = time.monotonic()
    await asyncio.sleep(SETTLE)
    before = await _pictures(site)
    cpu = await cpu_share(lambda: [pid], seconds)
    fps = (await _pictures(site) - before) / seconds
    outputs = [await one.communicate() for one in clients]
    took = time.monotonic() - begun
    each = sum(int(out) for out, _ in outputs) / count / took
    return Watched(count, cpu, fps, each / fps)


async def crowd(
    site: URL, pid: int, seconds: float, got: dict[str, list[float]]
) -> tuple[int, int, int]:
    """CROWD clients of the events; the memory of the web process without, with, without them."""
    before = own_memory(pid)
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(raise_for_status=True, connector=connector) as session:
        tasks = [asyncio.create_task(events(session, site, got)) for _ in range(CROWD)]
        await asyncio.sleep(SETTLE)
        got.clear()
        await asyncio.sleep(seconds)
        there = own_memory(pid)
        ended = [task for task in tasks if task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if ended:
        raise RuntimeError(f"{len(ended)} of {CROWD} clients of the events were thrown out")
    await asyncio.sleep(SETTLE)
    return before, there, own_memory(pid)


async def _answers(session: aiohttp.ClientSession, url: URL) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _pictures(site: URL) -> float:
    """That the web process has encoded so far."""
    async with aiohttp.ClientSession() as session, session.get(site / "metrics") as answer:
        rows = (await answer.text()).splitlines()
    found = [row for row in rows if row.startswith("pressbox_web_pictures_total")]
    return sum(float(row.split()[-1]) for row in found)


def _sync(lines: Sequence[HeardLine]) -> list[float]:
    return [line.sync for line in lines if line.sync is not None]


def http_rows(run: Http) -> list[Row]:
    """The table."""
    few, many = run.watched
    before, there, after = (size / 1e6 for size in run.crowd.memory)
    late = run.crowd.late
    return [
        Row(
            "sync of picture and sound by HTTP, 720p25",
            f"p1 to p99 within {LATEST * 1000:.0f} to +{EARLIEST * 1000:.0f} ms",
            f"{_quantiles(run.sync)} of {len(run.sync)} lines",
            f"WebRTC viewer, same room: {_quantiles(run.webrtc)} of {len(run.webrtc)}",
        ),
        Row(
            f"CPU of the web process, {many.clients} clients of the picture",
            "≤ 1.5 times the CPU of one",
            f"{many.cpu:.2f} core, {many.cpu / few.cpu:.1f} times; {many.fps:.1f} encoded a second",
            f"one: {few.cpu:.2f} core, {few.fps:.1f} a second of {few.size / 1e3:.0f} kB; each of "
            f"the {many.clients} had {many.size / few.size * 100:.0f} % of its bytes",
        ),
        Row(
            f"{run.crowd.clients} clients of the events",
            "nothing left behind",
            f"{(there - before) * 1e3 / run.crowd.clients:.0f} kB each; {before:.0f} MB before, "
            f"{there:.0f} MB with them, {after:.0f} MB after; {run.crowd.lost} events lost",
            f"later than in the room: p50 {ms(p(late, 0.5))}, p99 {ms(p(late, 0.99))}",
        ),
    ]


def _quantiles(errors: Sequence[float]) -> str:
    return ", ".join(f"p{q} {p(errors, q / 100) * 1000:+.0f}" for q in (1, 50, 99)) + " ms"
