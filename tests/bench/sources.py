"""Measures the ingress: one source in each way, one that goes and comes, sixteen at once."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.rig import ROOM, cpu_share, started_server
from tests.bench.rig import SOURCE as NAME
from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.mediamtx import MediaServer, mediamtx
from tests.peers.program import Program
from tests.sources.service import IngressService, Report, serving
from tests.support import burnt_clock
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import push_ports
from tests.support.procfs import descendants, own_memory
from tests.support.records import SeenFrame
from tests.support.viewer_probe import ViewerProbe, watching

START = 60.0
SETTLE = 8.0
"""Seconds after the first picture before anything is counted."""

IDLE = 5.0
SAMPLE = 5.0
WATCHED = 4
"""Of sixteen sources, those that the viewer decodes; the machine has to do that too."""

LIMIT = 60.0
"""Seconds after its return in which a source's picture must be back."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of a source into the room: share of one core, ages in seconds, pictures a second."""

    cpu: float
    ages: list[float]
    fps: float


@dataclass(frozen=True, slots=True)
class Return:
    """Seconds that the source was away, and until its picture was back: since it was there again,
    and since the retry that brought it.
    """

    away: float
    since_return: float
    since_retry: float


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at many sources: seconds since the start, how many are live, bytes of memory (USS)
    of the service and of its readers together, median and largest age in seconds.
    """

    time: float
    live: int
    service: int
    readers: int
    age: float
    oldest: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """Many sources over a while. cpu: share of one core, all of them; reconnects: of all."""

    sources: int
    seconds: float
    samples: list[Sample]
    cpu: float
    reconnects: int
    skipped: int


class Stage:
    """A media server with a camera, the ingress service, and a room."""

    def __init__(
        self, server: LiveKitServer, media: MediaServer, camera: Program, service: IngressService
    ) -> None:
        self.server, self.media, self.camera, self.service = server, media, camera, service

    def pids(self) -> list[int]:
        """The service and its readers."""
        return [self.service.pid, *descendants(self.service.pid)]

    async def leave(self) -> None:
        """The camera and its media server are gone."""
        self.camera.kill()
        self.media.kill()

    async def come_back(self, paths: Iterable[str]) -> None:
        """Both are there again; the stream can be read."""
        self.media.start()
        await self.media.ready()
        self.camera.start()
        await self.media.ready([*paths], START)


async def ways(folder: Path, footage: str, seconds: float) -> dict[str, Measured]:
    """Pressbox's relay as it comes, encoded anew, pushed by RTMP, and with sound, by name of the
    way.
    """
    found = {}
    async with _stage(folder, footage, ["open/cam"], fps=30) as stage:
        await asyncio.sleep(IDLE)
        idle = await cpu_share(stage.pids, IDLE)
        wanted = {"auto": "passthrough", "transcode": "transcoded"}
        wanted |= {"pushed": "passthrough", "sound": "passthrough"}
        for mode, way in wanted.items():
            with ExitStack() as stack:
                if mode == "pushed":
                    made = await stage.service.add(NAME, "push")
                    to = "/".join(made["push"]["rtmp"].values())
                    await stage.service.until(NAME, lambda one: bool(one["error"]), "waiting")
                    stack.enter_context(_camera(folder, footage, [to], fps=30))
                elif mode == "sound":
                    url = stage.media.rtsp("open/heard")
                    look = Look(width=1280, height=720, fps=30, bitrate=2_500_000)
                    stack.enter_context(camera(folder / mode, Output(url, look=look, sound="aac")))
                    await stage.media.ready(["open/heard"], START)
                    await stage.service.add(NAME, url)
                else:
                    await stage.service.add(NAME, stage.media.rtsp("open/cam"), mode=mode)
                await stage.service.until(NAME, _live, "live", START)
                measured = await _way(stage.server, stage.pids, seconds)
            report = (await stage.service.reports())[NAME]
            if report["way"] != way:
                raise RuntimeError(f"{mode}: it went {report['way']}: {report['why']}")
            found[mode] = Measured(measured.cpu - idle, measured.ages, measured.fps)
            await stage.service.remove(NAME)
            await asyncio.sleep(1)
    await _save(folder, {mode: asdict(way) for mode, way in found.items()})
    return found


async def outages(folder: Path, footage: str, aways: Iterable[float]) -> list[Return]:
    """The source goes for so many seconds each time."""
    found = []
    async with _stage(folder, footage, ["open/cam"], fps=30) as stage:
        await stage.service.add(NAME, stage.media.rtsp("open/cam"))
        token = stage.server.token(ROOM, "viewer")
        async with watching(stage.server.url, token, picture="camera", sound=None) as viewer:
            await viewer.until(lambda: len(viewer.frames) > 30, timeout=START, what="a picture")
            for away in aways:
                await asyncio.sleep(SETTLE)
                found.append(await _outage(stage, viewer, away))
                print(found[-1], file=sys.stderr)
    await _save(folder, [asdict(one) for one in found])
    return found


async def crowd(folder: Path, footage: str, number: int, seconds: float) -> Crowd:
    """So many 720p15 sources at once, each in a process; WATCHED of them are looked at."""
    names = [f"cam{at:02}" for at in range(number)]
    async with _stage(folder, footage, [f"open/{name}" for name in names], fps=15) as stage:
        for at, name in enumerate(names):
            room = ROOM if at < WATCHED else f"{ROOM}-{at}"
            await stage.service.add(name, stage.media.rtsp(f"open/{name}"), room=room)
        for name in names:
            await stage.service.until(name, lambda report: report["state"] == "live", "live", START)
        token = stage.server.token(ROOM, "viewer")
        async with watching(stage.server.url, token, picture="camera", sound=None) as viewer:
            await asyncio.sleep(SETTLE)
            cpu, samples = await asyncio.gather(
                cpu_share(stage.pids, seconds), _samples(stage, viewer, seconds)
            )
            reports = await stage.service.reports()
    reconnects, skipped = (
        sum(report[name] for report in reports.values()) for name in ("reconnects", "skipped")
    )
    found = Crowd(number, seconds, samples, cpu, reconnects, skipped)
    await _save(folder, asdict(found))
    return found


async def _outage(stage: Stage, viewer: ViewerProbe, away: float) -> Return:
    unix = time.time() - time.monotonic()
    await stage.leave()
    gone = time.monotonic()
    tries: list[float] = []
    while time.monotonic() - gone < away:
        await asyncio.sleep(0.1)
        tries.append((await stage.service.reports())[NAME]["next_try"] - unix)
    back = asyncio.create_task(stage.come_back(["open/cam"]), name="bench.return")
    while not back.done():
        await asyncio.sleep(0.1)
        tries.append((await stage.service.reports())[NAME]["next_try"] - unix)
    await back
    returned = time.monotonic()
    while not (new := [seen for seen in viewer.frames[-60:] if _drawn(seen) > gone]):
        if time.monotonic() - returned > LIMIT:
            raise RuntimeError(f"no picture {LIMIT} s after its return; {viewer}")
        tries.append((await stage.service.reports())[NAME]["next_try"] - unix)
        await asyncio.sleep(0.02)
    first = new[0].received
    retry = max((one for one in tries if one < first), default=returned)
    return Return(away, first - returned, first - max(retry, returned))


def _drawn(seen: SeenFrame) -> float:
    age = burnt_clock.age(seen.burnt, seen.received) if seen.burnt else float("inf")
    return seen.received - age


async def _way(server: LiveKitServer, pids: Callable[[], list[int]], seconds: float) -> Measured:
    token = server.token(ROOM, "viewer")
    async with watching(server.url, token, picture="camera", sound=None) as viewer:
        await viewer.until(lambda: len(viewer.frames) > 30, timeout=START, what="a picture")
        await asyncio.sleep(SETTLE)
        seen = len(viewer.frames)
        cpu = await cpu_share(pids, seconds)
        frames = viewer.frames[seen:]
        return Measured(cpu, _ages(frames), len(frames) / seconds)


async def _samples(stage: Stage, viewer: ViewerProbe, seconds: float) -> list[Sample]:
    begun, samples = time.monotonic(), []
    while time.monotonic() - begun < seconds:
        seen = len(viewer.frames)
        await asyncio.sleep(SAMPLE)
        samples.append(_sample(stage, await stage.service.reports(), viewer.frames[seen:], begun))
    return samples


def _sample(
    stage: Stage, reports: dict[str, Report], frames: list[SeenFrame], begun: float
) -> Sample:
    ages = sorted(_ages(frames)) or [float("nan")]
    return Sample(
        time.monotonic() - begun,
        sum(report["state"] == "live" for report in reports.values()),
        own_memory(stage.service.pid),
        sum(own_memory(pid) for pid in descendants(stage.service.pid)),
        ages[len(ages) // 2],
        ages[-1],
    )


def _live(report: Report) -> bool:
    return bool(report["state"] == "live")


def _ages(frames: list[SeenFrame]) -> list[float]:
    return [burnt_clock.age(one.burnt, one.received) for one in frames if one.burnt]


def _camera(folder: Path, footage: str, urls: list[str], *, fps: int) -> Program:
    words = ("--footage", footage, "--fps", str(fps))
    command = (sys.executable, "-m", "tests.bench.source_camera", *urls, *words)
    return Program(command, folder / "camera.log")


@asynccontextmanager
async def _stage(folder: Path, footage: str, paths: list[str], *, fps: int) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(started_server())
        media = stack.enter_context(mediamtx(folder / "mediamtx"))
        await server.ready()
        await media.ready()
        urls = [media.rtsp(path) for path in paths]
        camera = stack.enter_context(_camera(folder, footage, urls, fps=fps))
        await media.ready(paths, START)
        quiet = {"PRESSBOX_LOG_LEVEL": "info", "PRESSBOX_ROOM": ROOM, **push_ports()}
        service = await stack.enter_async_context(serving(server, folder, quiet))
        yield Stage(server, media, camera, service)


async def _save(folder: Path, what: object) -> None:
    await asyncio.to_thread((folder / "raw.json").write_text, json.dumps(what))
