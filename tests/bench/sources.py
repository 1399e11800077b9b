"""Measures the ingress: one source in each way, and sixteen at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.rig import ROOM, cpu_share, started_server
from tests.bench.rig import SOURCE as NAME
from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.mediamtx import MediaServer, mediamtx
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


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of a source into the room: share of one core, ages in seconds, pictures a second."""

    cpu: float
    ages: list[float]
    fps: float


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


@dataclass(frozen=True, slots=True)
class Stage:
    """A media server with a camera, the ingress service, and a room."""

    server: LiveKitServer
    media: MediaServer
    service: IngressService

    def pids(self) -> list[int]:
        """The service and its readers."""
        return [self.service.pid, *descendants(self.service.pid)]


async def ways(folder: Path, seconds: float) -> dict[str, Measured]:
    """Pressbox's relay as it comes, encoded anew, pushed by RTMP, and with sound, by name of the
    way.
    """
    found = {}
    async with _stage(folder, fps=30) as stage:
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
                    pushed = Output(to, format="flv", look=_look(30))
                    stack.enter_context(camera(folder / mode, pushed))
                elif mode == "sound":
                    url = stage.media.rtsp("open/heard")
                    heard = Output(url, look=_look(30), sound="aac")
                    stack.enter_context(camera(folder / mode, heard))
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
    return found


async def crowd(folder: Path, number: int, seconds: float) -> Crowd:
    """So many readers of one 720p15 camera at once, as sources of their own; WATCHED of them are
    looked at.
    """
    names = [f"cam{at:02}" for at in range(number)]
    async with _stage(folder, fps=15) as stage:
        for at, name in enumerate(names):
            room = ROOM if at < WATCHED else f"{ROOM}-{at}"
            await stage.service.add(name, stage.media.rtsp("open/cam"), room=room)
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
    return Crowd(number, seconds, samples, cpu, reconnects, skipped)


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


def _look(fps: int) -> Look:
    return Look(width=1280, height=720, fps=fps, bitrate=2_500_000)


@asynccontextmanager
async def _stage(folder: Path, *, fps: int) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        server = stack.enter_context(started_server())
        media = stack.enter_context(mediamtx(folder / "mediamtx"))
        await server.ready()
        await media.ready()
        sent = Output(media.rtsp("open/cam"), look=_look(fps))
        stack.enter_context(camera(folder / "camera", sent))
        await media.ready(["open/cam"], START)
        quiet = {"PRESSBOX_LOG_LEVEL": "info", "PRESSBOX_ROOM": ROOM, **push_ports()}
        service = await stack.enter_async_context(serving(server, folder, quiet))
        yield Stage(server, media, service)
