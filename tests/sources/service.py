"""`python -m ingress serve` as a process, spoken to over its API only."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.peers.program import Program
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from tests.support.procfs import descendants, own_memory

Report = dict[str, Any]
START_TIMEOUT = 30.0
_POLL = 0.05


@dataclass(frozen=True, slots=True)
class Footprint:
    """What the service holds: open descriptors, child processes, threads, bytes of memory."""

    descriptors: int
    children: int
    threads: int
    memory: int


class IngressService:
    """Made by `serving`. `log` is all that it and its readers have written."""

    def __init__(self, program: Program, port: int, token: str, state: Path, room: str) -> None:
        self.program, self.port, self.token, self.state = program, port, token, state
        self.room = room
        """Its default room, which no other service has."""
        self.history: dict[str, list[Report]] = {}
        """What each source reported, whenever it was asked and was new."""
        self.answers: list[str] = []
        """The text of every answer of the API."""
        self._session = aiohttp.ClientSession(
            f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}
        )

    @property
    def log(self) -> str:
        """All that it has written."""
        return self.program.log

    @property
    def pid(self) -> int:
        """Its process id; 0 for not running."""
        return self.program.pid

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Report]:
        """One request of the API: status and answer."""
        async with self._session.request(method, path, json=body) as answer:
            text = await answer.text()
            self.answers.append(text)
            return answer.status, (await answer.json() if text.startswith("{") else {})

    async def add(self, name: str, url: str, **more: object) -> Report:
        """Adds a source, for everybody to see. Raises AssertionError with what the API said."""
        body = {"name": name, "url": url, "live": True, **more}
        status, said = await self.ask("POST", "/api/sources", body)
        assert status == 201, said
        return said

    async def remove(self, name: str) -> None:
        """Takes a source out."""
        status, said = await self.ask("DELETE", f"/api/sources/{name}")
        assert status == 200, said

    async def wake(self, name: str) -> None:
        """Tries a source again at once."""
        status, said = await self.ask("POST", f"/api/sources/{name}/wake")
        assert status == 200, said

    async def reports(self) -> dict[str, Report]:
        """The reports of all sources, by name."""
        _, said = await self.ask("GET", "/api/sources")
        self.answers.pop()  # kept below, once for each that is new
        found = {one["name"]: one for one in said["sources"]}
        for name, report in found.items():
            known = self.history.setdefault(name, [])
            marks = ("state", "reason", "error", "way", "why", "codec", "width", "reconnects")
            if not known or any(known[-1][mark] != report[mark] for mark in marks):
                known.append(report)
                self.answers.append(str(report))
        return found

    async def until(
        self, name: str, true: Callable[[Report], bool], what: str, limit: float = 30.0
    ) -> Report:
        """Waits until the report of a source is as wanted. Raises AssertionError."""
        end = time.monotonic() + limit
        while True:
            report = (await self.reports()).get(name)
            if report and true(report):
                return report
            if time.monotonic() > end:
                states = [(one["state"], one["reason"], one["error"]) for one in self.history[name]]
                raise AssertionError(f"{name} not {what} within {limit} s: {states} {report}")
            await asyncio.sleep(_POLL)

    def states(self, name: str) -> list[str]:
        """The states that were seen, each once where it came several times in a row."""
        seen: list[str] = []
        for report in self.history.get(name, []):
            if not seen or seen[-1] != report["state"]:
                seen.append(report["state"])
        return seen

    def footprint(self) -> Footprint:
        """What it holds at this moment."""
        proc = Path(f"/proc/{self.pid}")
        return Footprint(
            len(os.listdir(proc / "fd")),
            len(descendants(self.pid)),
            len(os.listdir(proc / "task")),
            own_memory(self.pid),
        )

    def command_lines(self) -> list[str]:
        """Command lines and environments of the service's children, and its own command line."""
        proc = Path("/proc")
        found = [(proc / str(self.pid) / "cmdline").read_bytes()]
        for pid in descendants(self.pid):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                words = (proc / str(pid) / "cmdline").read_bytes()
                found.append(words)
                if b"ingress.reader" in words:  # until exec it is a copy of the service
                    found.append((proc / str(pid) / "environ").read_bytes())
        return [one.decode(errors="replace").replace("\0", " ") for one in found]

    async def end(self) -> None:
        """Ends it as Ctrl-C does and waits. Raises AssertionError where it has to be killed."""
        if self.program.running:
            self.program.send(signal.SIGTERM)
        end = time.monotonic() + 15
        while self.program.running:
            assert time.monotonic() < end, f"it does not end: {self.log[-500:]}"
            await asyncio.sleep(_POLL)

    async def aclose(self) -> None:
        """Ends it however it goes."""
        await self._session.close()
        self.program.kill()

    async def ready(self) -> None:
        """Waits until it answers. Raises RuntimeError."""
        end = time.monotonic() + START_TIMEOUT
        while True:
            try:
                if (await self.ask("GET", "/health"))[0] == 200:
                    return
            except aiohttp.ClientError:
                pass
            if time.monotonic() > end or not self.program.running:
                raise RuntimeError(f"the service did not start: {self.log[-800:]}")
            await asyncio.sleep(_POLL)


@asynccontextmanager
async def serving(
    server: LiveKitServer,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    *,
    within: tuple[str, ...] = (),
) -> AsyncIterator[IngressService]:
    """The service, connected to a LiveKit server; its state and media folders lie in `folder`.

    within: words that come before its own and become the service at last.
    """
    port, token = free_port(), secrets.token_urlsafe(24)
    room = f"room-{secrets.token_hex(4)}"
    environment = {
        **server.environment,
        "PRESSBOX_INGRESS_PORT": str(port),
        "PRESSBOX_ADMIN_TOKEN": token,
        "PRESSBOX_ROOM": room,
        "PRESSBOX_STATE_DIR": str(folder / "state"),
        "PRESSBOX_MEDIA_DIR": str(folder / "media"),
        "PRESSBOX_LOG_LEVEL": "debug",
        **(environment or {}),
    }
    command = (*within, sys.executable, "-m", "ingress", "serve")
    program = Program(command, folder / "ingress.log", environment=environment)
    made = IngressService(program, port, token, folder / "state", room)
    try:
        program.start()
        await made.ready()
        yield made
    finally:
        await made.aclose()
