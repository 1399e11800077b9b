"""The whole thing as it runs in life, on loopback: every part a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import aiohttp
from livekit import api

from tests.support.livekit_server import LiveKitServer, find_binary, livekit_server_process
from tests.support.ports import free_port
from tests.support.procfs import cpu_seconds, descendants

ROOM, SOURCE = "bench", "cam"
START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Of the scripted engine: ready times lognormal, seconds; speech uniform around its mean."""

    mean: float = 1.2
    cv: float = 0.4
    seed: int = 1
    speech: float = 2.5
    spread: float = 1.0
    speed: float = 5.0

    def arguments(self) -> list[str]:
        """As the engine's command line takes them."""
        names = ("mean", "cv", "seed", "speech", "spread", "speed")
        return [part for name in names for part in (f"--{name}", str(getattr(self, name)))]


class Rig:
    """Server, engine and source run; `dispatch` sends the booth in."""

    def __init__(self, server: LiveKitServer, engine_port: int, agent_pid: int) -> None:
        self.server = server
        self._engine = f"http://127.0.0.1:{engine_port}/v1"
        self._agent_pid = agent_pid

    async def dispatch(self, **settings: object) -> None:
        """Sends the agent into the room with these room settings."""
        client = self.server.api()
        try:
            await client.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(
                    agent_name="pressbox",
                    room=ROOM,
                    metadata=json.dumps({"source": SOURCE, **settings}),
                )
            )
        finally:
            await client.aclose()

    async def engine_log(self) -> list[dict[str, Any]]:
        """What the engine was asked so far."""
        async with aiohttp.ClientSession() as session, session.get(f"{self._engine}/engine") as got:
            rows: list[dict[str, Any]] = await got.json()
            return rows

    def cpu(self) -> dict[int, float]:
        """CPU seconds of the worker's processes so far, by process id."""
        return {pid: cpu_seconds(pid) for pid in descendants(self._agent_pid)}

    def job(self, since: dict[int, float]) -> int:
        """Process id of the job: of the worker's process that has used most CPU since then."""
        used = self.cpu()
        return max(used, key=lambda pid: used[pid] - since.get(pid, 0.0))


@asynccontextmanager
async def rig(folder: Path, footage: str, engine: EngineOptions) -> AsyncIterator[Rig]:
    """Starts everything but the booth; logs go into the folder. Raises RuntimeError."""
    binary = find_binary()
    if binary is None:
        raise RuntimeError("no livekit-server: put it on PATH or into PRESSBOX_LIVEKIT_SERVER")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(livekit_server_process(binary))
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

        await child("engine", "-m", "tests.support.scripted_engine", str(port), *engine.arguments())
        await child(
            *("source", "-m", "tests.support.clock_source"),
            *("--room", ROOM, "--name", SOURCE, "--footage", footage),
        )
        agent = await child("agent", "-m", "agent")
        await _registered(folder / "agent.log")
        yield Rig(server, port, agent.pid)


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


async def _registered(log: Path) -> None:
    """Waits until the worker can be dispatched: the server forgets what nobody could take."""
    async with asyncio.timeout(START_TIMEOUT):
        while b"registered worker" not in await asyncio.to_thread(log.read_bytes):
            await asyncio.sleep(0.1)
