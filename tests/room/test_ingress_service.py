"""The ingress service and its commands as processes, in a real room."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.clips import film
from tests.support.launched import command_lines
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import free_port
from tests.support.viewer_probe import watching

ROOT = Path(__file__).resolve().parents[2]
SECRETS = ("p@ssw", "p%40ssw", "hunter2", "t0ken-value")

pytestmark = pytest.mark.timeout(180)


class Service:
    """`python -m ingress serve`, and the commands beside it; seen: everything that was to be seen
    of any of them.
    """

    def __init__(self, server: LiveKitServer, folder: Path) -> None:
        self.folder = folder
        self.media = folder / "media"
        self.media.mkdir()
        self.port = free_port()
        self.seen: list[str] = []
        self.environment = {
            **os.environ,
            **server.environment,
            "PRESSBOX_STATE_DIR": str(folder / "state"),
            "PRESSBOX_MEDIA_DIR": str(self.media),
            "PRESSBOX_INGRESS_PORT": str(self.port),
            "PRESSBOX_ROOM": "gallery",
        }
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, **more: str) -> None:
        """Starts the service and waits until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ingress", "serve"),
            cwd=ROOT,
            env={**self.environment, **more},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._reading = asyncio.create_task(self._read(self._process), name="service-output")
        async with asyncio.timeout(30):
            while (await self.run("list"))[0] != 0:
                assert self._process.returncode is None, self.seen
                await asyncio.sleep(0.1)

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout
        while line := await process.stdout.readline():
            self.seen.append(line.decode())

    async def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; returns its exit status."""
        if self._process is None or self._reading is None:
            return 0
        process, self._process = self._process, None
        self.seen.append(command_lines(process.pid))
        process.send_signal(number)
        async with asyncio.timeout(20):
            await self._reading
            return await process.wait()

    async def run(self, *words: str, given: str = "") -> tuple[int, str]:
        """Runs a command: its exit status and all that it says."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ingress", *words),
            cwd=ROOT,
            env=self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(40):
            out, _ = await process.communicate(given.encode())
        said = out.decode()
        self.seen.append(said)
        return process.returncode or 0, said

    async def status(self) -> dict[str, dict[str, Any]]:
        """Reports by name."""
        _, said = await self.run("status", "--json")
        return {one["name"]: one for one in json.loads(said)}

    async def until(self, name: str, state: str) -> dict[str, Any]:
        """Waits until a source is in this state."""
        async with asyncio.timeout(40):
            while (report := (await self.status()).get(name, {})).get("state") != state:
                await asyncio.sleep(0.2)
        return report


@pytest_asyncio.fixture
async def service(livekit_server: LiveKitServer, tmp_path: Path) -> AsyncIterator[Service]:
    made = Service(livekit_server, tmp_path)
    yield made
    await made.end(signal.SIGKILL)


async def test_what_is_added_is_in_the_room_and_survives_a_restart(
    livekit_server: LiveKitServer, service: Service
) -> None:
    film(service.media / "clip.mp4", seconds=2, size=(320, 240))
    fixed = [{"name": "wall", "url": "test:320x240@10", "room": "gallery"}]
    await service.start(PRESSBOX_SOURCES=json.dumps(fixed))
    status, said = await service.run("add", "clip.mp4", "--name", "film")
    assert status == 0
    assert re.fullmatch(r"film: live, h264 320x240 [\d.]+ fps, passthrough\n", said)
    token = livekit_server.token("gallery", "viewer")
    async with watching(livekit_server.url, token, picture="camera") as viewer:
        await viewer.until(lambda: len(viewer.frames) > 5, timeout=30, what="a picture")
        assert {*viewer.room.remote_participants} == {"film", "wall"}
    refused, said = await service.run("remove", "wall")
    assert refused == 1
    assert "stands in the settings" in said
    assert await service.end() == 0
    await service.start(PRESSBOX_SOURCES=json.dumps(fixed))
    await service.until("film", "live")
    await service.until("wall", "live")
    assert (await service.run("remove", "film"))[0] == 0
    assert [*await service.status()] == ["wall"]
    assert await service.end(signal.SIGINT) == 0
    assert "Traceback" not in "".join(service.seen)


async def test_publish_needs_no_service(livekit_server: LiveKitServer, service: Service) -> None:
    address = "rtsp://admin:p@ssw@127.0.0.1:9/a?password=hunter2&token=t0ken-value"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ingress", "publish", address, "--name", "alone"),
        cwd=ROOT,
        env=service.environment,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    said = await asyncio.wait_for(process.stderr.readuntil(b"nobody listens"), 30)
    shown = command_lines(process.pid)
    process.send_signal(signal.SIGTERM)
    _, rest = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0
    text = (said + rest).decode() + shown
    assert "python -m ingress publish rtsp://127.0.0.1:9/a" in text
    assert not any(secret in text for secret in SECRETS)
    assert "Traceback" not in text
