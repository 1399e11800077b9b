"""The whole thing as it runs in life, on loopback: every part a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import aiohttp
from livekit import api

from tests.support.livekit_server import LiveKitServer, find_binary, livekit_server_process
from tests.support.ports import free_port
from tests.support.procfs import cpu_seconds, descendants, thread_seconds
from tests.support.viewer_probe import ViewerProbe, watching

ROOM, SOURCE = "bench", "cam"
START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0
SETTINGS = {
    "tts_pause_after": 0,
    "inference_interval": 0,
    "change_threshold": 0,
    "repeat_threshold": 1,
    "idle_after": 0,
}
"""Of the room: one line after another, whatever the picture does and whatever they say."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Of the scripted engine: ready times lognormal, seconds; speech uniform around its mean."""

    mean: float = 1.2
    cv: float = 0.4
    seed: int = 1
    speech: float = 2.5
    spread: float = 1.0
    speed: float = 5.0

    def command(self, port: int) -> tuple[str, ...]:
        """Its process."""
        names = ("mean", "cv", "seed", "speech", "spread", "speed")
        words = [part for name in names for part in (f"--{name}", str(getattr(self, name)))]
        return ("-m", "tests.support.scripted_engine", str(port), *words)


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the bench: real motion with a clock burnt in."""

    footage: str = ""
    width: int = 1280
    height: int = 720
    fps: float = 30.0

    def command(self, name: str) -> tuple[str, ...]:
        """Its process, as the participant `name`."""
        size = ("--width", str(self.width), "--height", str(self.height), "--fps", str(self.fps))
        shown = ("--footage", self.footage, *size)
        return ("-m", "tests.support.camera_source", "--room", ROOM, "--name", name, *shown)


class Rig:
    """Server, engine and source run; `dispatch` sends the booth in."""

    def __init__(
        self,
        server: LiveKitServer,
        folder: Path,
        environment: dict[str, str],
        agent_pid: int,
    ) -> None:
        self.server = server
        self.environment = environment
        self.folder = folder
        self._agent_pid = agent_pid

    async def dispatch(self, **settings: object) -> None:
        """Sends the agent into the room with these room settings on top of SETTINGS."""
        metadata = json.dumps({"source": SOURCE, **SETTINGS, **settings})
        request = api.CreateAgentDispatchRequest(
            agent_name="pressbox", room=ROOM, metadata=metadata
        )
        async with self.server.api() as client:
            await client.agent_dispatch.create_dispatch(request)

    @asynccontextmanager
    async def viewer(self, identity: str = "viewer") -> AsyncIterator[ViewerProbe]:
        """Somebody in the room who sees and hears the booth."""
        async with watching(self.server.url, self.server.token(ROOM, identity)) as probe:
            yield probe

    @asynccontextmanager
    async def camera(self, name: str, camera: Camera) -> AsyncIterator[None]:
        """One more camera in the room."""
        with self.log(name).open("ab") as log:
            async with process(camera.command(name), self.environment, log):
                yield

    def log(self, name: str) -> Path:
        """Of a process."""
        return self.folder / f"{name}.log"

    async def engine_log(self) -> list[dict[str, Any]]:
        """What the engine was asked so far."""
        async with aiohttp.ClientSession() as session, session.get(self._engine) as got:
            rows: list[dict[str, Any]] = await got.json()
            return rows

    async def slow_engine(self, slowness: float) -> None:
        """Multiplies the engine's ready times from now on."""
        async with (
            aiohttp.ClientSession(raise_for_status=True) as session,
            session.post(self._engine, json={"slowness": slowness}),
        ):
            pass

    def cpu(self) -> dict[int, float]:
        """CPU seconds of the worker's processes so far, by process id."""
        return {pid: cpu_seconds(pid) for pid in descendants(self._agent_pid)}

    def job(self, since: dict[int, float]) -> list[int]:
        """Process ids of the job (of the worker's process that has used most CPU since then) and
        of what it has started.
        """
        used = self.cpu()
        job = max(used, key=lambda pid: used[pid] - since.get(pid, 0.0))
        return [job, *descendants(job)]

    @property
    def _engine(self) -> str:
        return f"{self.environment['ENGINE_URL']}/engine"


@asynccontextmanager
async def rig(
    folder: Path,
    footage: str,
    engine: EngineOptions,
    *,
    camera: Camera | None = None,
) -> AsyncIterator[Rig]:
    """Starts everything but the booth; logs go into the folder. Raises RuntimeError.

    footage: of the camera, if no other one is given.
    """
    async with AsyncExitStack() as stack:
        server = stack.enter_context(started_server())
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        await server.ready()
        port = free_port()
        environment = {
            **os.environ,
            **server.environment,
            "ENGINE_URL": f"http://127.0.0.1:{port}/v1",
            "XDG_STATE_HOME": str(folder / "state"),
        }

        async def child(name: str, *command: str) -> asyncio.subprocess.Process:
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            return await stack.enter_async_context(process(command, environment, log))

        await child("engine", *engine.command(port))
        await child("source", *(camera or Camera(footage)).command(SOURCE))
        worker = await child("agent", "-m", "agent")
        await _registered(worker, folder / "agent.log")
        yield Rig(server, folder, environment, worker.pid)


def started_server() -> AbstractContextManager[LiveKitServer]:
    """A livekit-server that is starting. Raises RuntimeError without its program."""
    binary = find_binary()
    if binary is None:
        raise RuntimeError("no livekit-server: put it on PATH or into PRESSBOX_LIVEKIT_SERVER")
    return livekit_server_process(binary)


@asynccontextmanager
async def process(
    command: tuple[str, ...], environment: dict[str, str], log: IO[bytes]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process of ours, ended on leaving."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, *command, env=environment, stdout=log, stderr=log
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.terminate()
            try:
                await asyncio.wait_for(started.wait(), STOP_TIMEOUT)
            except TimeoutError:
                started.kill()
                await started.wait()


async def cpu_share(pids: Callable[[], Iterable[int]], seconds: float) -> float:
    """Share of one core that these processes use over so many seconds."""
    begun, used = time.monotonic(), _used(pids())
    await asyncio.sleep(seconds)
    return (_used(pids()) - used) / (time.monotonic() - begun)


async def thread_shares(pid: int, seconds: float) -> dict[str, float]:
    """Share of one core by the name of a process's threads, over so many seconds."""
    begun, used = time.monotonic(), thread_seconds(pid)
    await asyncio.sleep(seconds)
    took, now = time.monotonic() - begun, thread_seconds(pid)
    return {name: (now[name] - used.get(name, 0.0)) / took for name in now}


def _used(pids: Iterable[int]) -> float:
    return sum(cpu_seconds(pid) for pid in pids)


async def _registered(worker: asyncio.subprocess.Process, log: Path) -> None:
    """Waits until the worker can be dispatched: the server forgets what nobody could take."""
    async with asyncio.timeout(START_TIMEOUT):
        while b"registered worker" not in await asyncio.to_thread(log.read_bytes):
            if worker.returncode is not None:
                raise RuntimeError(f"the worker ended: {log}")
            await asyncio.sleep(0.1)
