"""`run.py` as a process, its output and its children."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from livekit import api, rtc

from config.agent_name import AGENT_NAME, WISH_ATTRIBUTE
from config.origins import installation_key
from tests.support.ports import free_ports
from tests.support.procfs import descendants

ROOT = Path(__file__).resolve().parents[2]
ROOM = "press"
_PORTS = (
    *("LIVEKIT_PORT", "LIVEKIT_TCP_PORT", "LIVEKIT_UDP_PORT", "ENGINE_PORT", "WEB_PORT"),
    *("INGRESS_PORT", "METRICS_PORT"),
)


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


def command_lines(of: int) -> str:
    """What everybody on this machine sees of a process and all that it has started."""
    lines = []
    for pid in [of, *descendants(of)]:
        try:
            lines.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return "\n".join(lines)


class Running:
    """A started `run.py`, its output, and the children it has right now."""

    def __init__(self, process: asyncio.subprocess.Process, ports: list[int], state: Path) -> None:
        self.process = process
        self.livekit_port, self.web_port, self.ingress_port = ports[0], ports[4], ports[5]
        self.ports = {"engine": ports[3], "web": ports[4], "ingress": ports[5], "worker": ports[6]}
        self.lines: list[str] = []
        self.sessions: set[int] = set()
        self._state = state
        self._pump = asyncio.create_task(self._read(), name="launcher-output")

    @classmethod
    async def start(
        cls, binary: Path, state: Path, *words: str, environment: Mapping[str, str] | None = None
    ) -> Running:
        ports = free_ports(len(_PORTS))
        given = [f"{name}={port}" for name, port in zip(_PORTS, ports, strict=True)]
        given.append("DETECTOR=off")  # its weights would be fetched
        tools = state / "bin"
        tools.mkdir(parents=True)
        (tools / "livekit-server").symlink_to(binary)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "run.py", f"ROOM={ROOM}", f"STATE_DIR={state}", *given, *words),
            cwd=ROOT,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", **(environment or {})},
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

    async def agents(self, room: str = ROOM, *, up: bool = False) -> list[str]:
        """Identities of the agents that are in the room; [] while the server is away. up: only of
        those whose booth says something.
        """
        try:
            async with self.api() as lkapi:
                listed = await lkapi.room.list_participants(api.ListParticipantsRequest(room=room))
        except (api.TwirpError, aiohttp.ClientError, TimeoutError):
            return []
        kind = api.ParticipantInfo.Kind.AGENT
        found = [entry for entry in listed.participants if entry.kind == kind]
        return [one.identity for one in found if not up or "pressbox.status" in one.attributes]

    async def dispatches(self, room: str) -> list[str]:
        """Metadata of the dispatches of the agent to this room."""
        async with self.api() as lkapi:
            listed = await lkapi.agent_dispatch.list_dispatch(room)
        return [entry.metadata for entry in listed if entry.agent_name == AGENT_NAME]

    async def note(self, room: str) -> str:
        """The room's metadata."""
        async with self.api() as lkapi:
            listed = await lkapi.room.list_rooms(api.ListRoomsRequest(names=[room]))
        return listed.rooms[0].metadata if listed.rooms else ""

    async def send_away(self, room: str) -> None:
        """Removes the agents of this room, as an operator does."""
        async with self.api() as lkapi:
            for identity in await self.agents(room):
                wanted = api.RoomParticipantIdentity(room=room, identity=identity)
                await lkapi.room.remove_participant(wanted)

    @asynccontextmanager
    async def visit(
        self,
        room: str,
        *,
        wish: str | None = None,
        agents: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> AsyncIterator[rtc.Room]:
        """Somebody in this room, whose token has asked for our agent with `wish` as metadata; with
        agents LiveKit sends it, where the token makes the room.
        """
        given = {**(attributes or {}), **({} if wish is None else {WISH_ATTRIBUTE: wish or "{}"})}
        token = (
            api.AccessToken(*self.key)
            .with_identity(f"visitor-{room}-{secrets.token_hex(2)}")
            .with_attributes(given)
            .with_grants(api.VideoGrants(room_join=True, room=room))
        )
        if agents:
            config = api.RoomConfiguration(agents=[api.RoomAgentDispatch(agent_name=AGENT_NAME)])
            token = token.with_room_config(config)
        visitor = rtc.Room()
        await visitor.connect(f"ws://127.0.0.1:{self.livekit_port}", token.to_jwt())
        try:
            yield visitor
        finally:
            await visitor.disconnect()

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
