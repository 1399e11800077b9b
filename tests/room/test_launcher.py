"""`run.py` as a whole: start, the death of this and that, and an end that leaves nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from livekit import api

from config.sources import installation_key
from tests.support.ports import free_ports
from tests.unit.launcher.scripted import running

ROOT = Path(__file__).resolve().parents[2]
ROOM = "press"

pytestmark = pytest.mark.timeout(240)


def session_members(session_of: set[int]) -> set[int]:
    """Processes whose session is one of these: what a child started, at any depth."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) in session_of and fields[0] != "Z":
            found.add(int(entry.name))
    return found


class Running:
    """A started `run.py`, its output, and the children it has right now."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int], state: Path) -> None:
        self.process = process
        self.livekit_port, self.web_port = ports[0], ports[4]
        self.lines: list[str] = []
        self.sessions: set[int] = set()
        self._state = state
        self._pump = asyncio.create_task(self._read(), name="launcher-output")

    @classmethod
    async def start(cls, binary: Path, state: Path, *words: str) -> Running:
        ports = free_ports(5)
        names = ["LIVEKIT_PORT", "LIVEKIT_TCP_PORT", "LIVEKIT_UDP_PORT", "ENGINE_PORT", "WEB_PORT"]
        given = [f"{name}={port}" for name, port in zip(names, ports, strict=True)]
        tools = state / "bin"
        tools.mkdir(parents=True)
        (tools / "livekit-server").symlink_to(binary)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "run.py", f"ROOM={ROOM}", f"STATE_DIR={state}", *given, *words),
            cwd=ROOT,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        return cls(process, ports, state)

    async def _read(self) -> None:
        if self.process.stdout is None:
            return
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode().rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def said(self, part: str) -> bool:
        return any(part in line for line in self.lines)

    def children(self) -> dict[str, int]:
        """Process ids by what a child's command line names."""
        pid = self.process.pid
        numbers = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = {}
        for number in numbers:
            words = Path(f"/proc/{number}/cmdline").read_bytes().decode().split("\0")
            name = words[2] if "-m" in words else Path(words[0]).name
            found[name] = int(number)
        self.sessions |= set(found.values())
        return found

    async def until(self, happened: Callable[[], bool], limit: float = 90.0) -> None:
        end = time.monotonic() + limit
        while not happened():
            if time.monotonic() > end or self.process.returncode is not None:
                pytest.fail(f"it did not happen; the launcher said:\n{self.text}")
            await asyncio.sleep(0.1)

    async def until_true(self, ask: Callable[[], Awaitable[bool]], limit: float = 60.0) -> None:
        end = time.monotonic() + limit
        while not await ask():
            if time.monotonic() > end:
                pytest.fail(f"it did not happen; the launcher said:\n{self.text}")
            await asyncio.sleep(0.2)

    @property
    def key(self) -> tuple[str, str]:
        """API key and secret that this launcher has made."""
        pair = installation_key(self._state)
        if pair is None:
            pytest.fail("there is no key")
        return pair

    def api(self) -> api.LiveKitAPI:
        return api.LiveKitAPI(f"http://127.0.0.1:{self.livekit_port}", *self.key)

    async def agents(self, room: str = ROOM) -> list[str]:
        """Identities of the agents that are in the room; [] while the server is away."""
        try:
            async with self.api() as lkapi:
                listed = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
        except (api.TwirpError, aiohttp.ClientError, TimeoutError):
            return []
        kind = api.ParticipantInfo.Kind.AGENT
        return [entry.identity for entry in listed.participants if entry.kind == kind]

    async def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Ends the launcher; then nothing that it started may be left."""
        if self.process.returncode is None:
            self.children()
            self.process.send_signal(number)
        async with asyncio.timeout(30):
            status = await self.process.wait()
            await self._pump
        return status

    async def left_over(self) -> set[int]:
        end = time.monotonic() + 10
        while session_members(self.sessions) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        return session_members(self.sessions)


@pytest_asyncio.fixture
async def start(
    livekit_binary: Path, tmp_path: Path
) -> AsyncIterator[Callable[..., Awaitable[Running]]]:
    started: list[Running] = []

    async def begin(*words: str) -> Running:
        run = await Running.start(livekit_binary, tmp_path / f"state{len(started)}", *words)
        started.append(run)
        return run

    yield begin
    for run in started:
        if run.process.returncode is None:
            await run.end(signal.SIGKILL)
        await run.end()


async def test_start_recovery_and_end(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start()
    address = f"open http://127.0.0.1:{run.web_port}"
    await run.until(lambda: run.said(address))
    assert len([line for line in run.lines if "open http" in line]) == 1
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{run.web_port}/health") as answer,
    ):
        assert answer.status == 200
    children = run.children()
    wanted = {"livekit-server", "agent", "web", "ingress", "models", "launcher.reaper"}
    assert children.keys() == wanted
    (first,) = await run.agents()

    async def another_agent() -> bool:
        agents = await run.agents()
        return len(agents) == 1 and agents != [first]

    os.kill(children["agent"], signal.SIGKILL)
    await run.until_true(another_agent)

    children = run.children()
    os.kill(children["livekit-server"], signal.SIGKILL)
    await run.until(lambda: run.said("livekit was ended by SIGKILL"))

    async def one_agent() -> bool:
        return len(await run.agents()) == 1

    await run.until_true(one_agent)

    os.kill(children["web"], signal.SIGKILL)
    assert await run.end() == 0
    assert run.lines[-1].endswith("everything has ended")
    assert await run.left_over() == set()
    assert run.key[1] not in run.text


async def test_dispatches_of_other_people(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("SOURCE=none")
    await run.until(lambda: run.said("open http"))
    (first,) = await run.agents()
    wanted = '{"profile":"guard"}'
    async with run.api() as lkapi:
        for room in (ROOM, "elsewhere"):
            await lkapi.agent_dispatch.create_dispatch(
                api.CreateAgentDispatchRequest(agent_name="pressbox", room=room, metadata=wanted)
            )

    async def one_each() -> bool:
        here, there = await run.agents(), await run.agents("elsewhere")
        return len(here) == len(there) == 1 and here != [first]

    await run.until_true(one_each)
    known = await run.agents() + await run.agents("elsewhere")
    os.kill(run.children()["agent"], signal.SIGKILL)

    async def other_ones() -> bool:
        here, there = await run.agents(), await run.agents("elsewhere")
        return len(here) == len(there) == 1 and not {*here, *there} & {*known}

    await run.until_true(other_ones)
    async with run.api() as lkapi:
        for room in (ROOM, "elsewhere"):
            listed = await lkapi.agent_dispatch.list_dispatch(room)
            assert [entry.metadata for entry in listed if entry.agent_name] == [wanted]
    assert await run.end(signal.SIGTERM) == 0
    assert await run.left_over() == set()


async def test_a_killed_launcher_leaves_nothing(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("SOURCE=none")
    await run.until(lambda: run.said("open http"))
    assert "ingress" not in run.children()
    await run.end(signal.SIGKILL)
    assert await run.left_over() == set()
    assert not any(running(pid) for pid in run.sessions)


async def test_a_port_in_use_stops_the_start(start: Callable[..., Awaitable[Running]]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = await start(f"WEB_PORT={port}")
        assert await run.process.wait() == 1
        await run.end()
    assert run.lines[0].startswith(f"run      | error: port {port} (the page) is in use")
    assert run.lines[1:] == ["run      | everything has ended"]


async def test_a_child_that_dies_at_start(start: Callable[..., Awaitable[Running]]) -> None:
    run = await start("ENGINE=no-such-engine", "SOURCE=none")
    await asyncio.wait_for(run.process.wait(), 60)
    await run.end()
    errors = [line for line in run.lines if line.startswith("run      | error: ")]
    assert len(errors) == 1
    assert "engine ended with status" in errors[0]
    assert run.process.returncode == 1
    assert await run.left_over() == set()
