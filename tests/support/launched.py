"""All of Pressbox as `make run` starts it, on free ports: `run.py`, its output, its children."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from livekit import api, rtc

from config.admin_token import FILE_NAME
from config.agent_name import AGENT_NAME, WISH_ATTRIBUTE
from config.origins import installation_key
from tests.support.ports import free_ports
from tests.support.procfs import descendants

ROOT = Path(__file__).resolve().parents[2]
ROOM = "press"
_PORTS = tuple(
    f"{name}_PORT"
    for name in ("LIVEKIT", "LIVEKIT_TCP", "LIVEKIT_UDP", "ENGINE", "WEB", "INGRESS", "METRICS")
)
_JOBS = {"engine": "ENGINE", "web": "WEB", "ingress": "INGRESS", "worker": "METRICS"}
"""As Prometheus knows them."""


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
    """A started `run.py`, what it has written, and the children it has right now."""

    def __init__(
        self, binary: Path, state: Path, *words: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """Starts it with `binary` as livekit-server; `state` gets what it keeps, and its log."""
        self.settings = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        self.ports = {job: self.settings[f"{name}_PORT"] for job, name in _JOBS.items()}
        self.url = f"http://127.0.0.1:{self.ports['web']}/"
        self.state, self.sessions = state, set[int]()
        tools = state / "bin"
        tools.mkdir(parents=True)
        (tools / "livekit-server").symlink_to(binary)
        given = [f"{name}={port}" for name, port in self.settings.items()]
        if not any(word.startswith("ROOM=") for word in words):
            given.append(f"ROOM={ROOM}")
        given.append("DETECTOR=off")  # its weights would be fetched
        with (state / "run.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "run.py", f"STATE_DIR={state}", *given, *words],
                cwd=ROOT,
                env={
                    **os.environ,
                    "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
                    **(environment or {}),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def lines(self) -> list[str]:
        """What all of it has written so far."""
        return (self.state / "run.log").read_text(errors="replace").splitlines()

    @property
    def admin_token(self) -> str:
        """What adds sources."""
        return (self.state / FILE_NAME).read_text().strip()

    async def ready(self) -> None:
        """Wait until the address is printed."""
        await self.until(lambda: self.said(f"open {self.url.rstrip('/')}"))

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
            if time.monotonic() > end or self.process.poll() is not None:
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
        pair = installation_key(self.state)
        if pair is None:
            pytest.fail("there is no key")
        return pair

    def api(self) -> api.LiveKitAPI:
        return api.LiveKitAPI(f"http://127.0.0.1:{self.settings['LIVEKIT_PORT']}", *self.key)

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
        await visitor.connect(f"ws://127.0.0.1:{self.settings['LIVEKIT_PORT']}", token.to_jwt())
        try:
            yield visitor
        finally:
            await visitor.disconnect()

    async def end(self, number: signal.Signals = signal.SIGINT, limit: float = 30.0) -> int:
        """Ends the launcher as Ctrl-C does, and gives its status. Raises TimeoutExpired."""
        if self.process.poll() is None:
            self.children()
            self.process.send_signal(number)
        return await self.ended(limit)

    async def ended(self, limit: float) -> int:
        """Its status, once it has ended; it is killed where it does not. Raises TimeoutExpired."""
        try:
            return await asyncio.to_thread(self.process.wait, limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    async def left_over(self) -> set[int]:
        end = time.monotonic() + 10
        while session_members(self.sessions) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        return session_members(self.sessions)


@asynccontextmanager
async def running(binary: Path, state: Path, *words: str) -> AsyncIterator[Running]:
    """A stack that is ended on leaving."""
    stack = Running(binary, state, *words)
    try:
        yield stack
    finally:
        await stack.end()
