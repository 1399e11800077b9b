"""What others push, taken by a real mediamtx, pulled by the relay, seen in a real room."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest

from tests.browser.build import chromium
from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.players import ffmpeg_copy, handover
from tests.peers.program import Program
from tests.sources.conftest import Row, Table
from tests.sources.room_viewer import RoomViewer
from tests.sources.service import IngressService, Report, serving
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer
from tests.support.ports import push_ports
from tests.support.procfs import descendants
from tests.support.whip import pushing

WAITING = "waiting for a push"
ENOUGH = 30

FORMATS = {
    "rtmp": ("-f", "flv"),
    "srt": ("-f", "mpegts"),
    "rtsp": ("-f", "rtsp", "-rtsp_transport", "tcp"),
}


class Door:
    """The service, a viewer in its room, and the keys of the pushes."""

    def __init__(
        self, service: IngressService, viewer: RoomViewer, folder: Path, cameras: ExitStack
    ) -> None:
        self.service, self.viewer = service, viewer
        self.keys: set[str] = set()
        self._folder, self._stack = folder, cameras

    async def create(self, name: str) -> dict[str, dict[str, str]]:
        """A push of this name: where to, by protocol."""
        made: Any = await self.service.add(name, "push")
        self.service.answers.pop()  # the one that shows the key
        self.keys.add(made["push"]["whip"]["key"])
        await self.waits(name)
        return dict(made["push"])

    def push(
        self, name: str, protocol: str, way: dict[str, str], look: Look | None = None
    ) -> Program:
        """A camera with sound, whose stream an ffmpeg copies there; it is ended by its `kill`."""
        to, read = handover()
        folder = self._folder / f"{name}-{protocol}-{len(list(self._folder.iterdir()))}"
        # ffmpeg's RTSP wants the head of AAC beforehand, which MPEG-TS has not.
        container = "nut" if protocol == "rtsp" else "mpegts"
        self._stack.enter_context(
            camera(folder, Output(to, container, look or Look(fps=30), "aac"))
        )
        address = "/".join(way.values())
        sender = ffmpeg_copy(folder, container, read, *FORMATS[protocol], address)
        return self._stack.enter_context(sender)

    async def waits(self, name: str) -> None:
        """Until it says that nobody pushes."""
        await self.service.until(name, lambda report: report["error"] == WAITING, WAITING)

    async def live(self, name: str) -> Report:
        """Until there are enough new pictures in the room."""
        seen = self.viewer.of(name)
        wanted = len(seen.clocked) + ENOUGH
        await self.viewer.until(
            lambda: len(seen.clocked) >= wanted, lambda: self.service.log[-1500:]
        )
        return await self.service.until(name, lambda one: one["state"] == "live", "live")

    def mediamtx(self) -> int:
        """Its process id."""
        for pid in descendants(self.service.pid):
            with contextlib.suppress(OSError):
                if b"mediamtx" in Path(f"/proc/{pid}/cmdline").read_bytes().partition(b"\0")[0]:
                    return pid
        raise AssertionError("mediamtx does not run")


async def gone(pid: int) -> None:
    """Waits until there is no such process."""
    with contextlib.suppress(ProcessLookupError):
        async with asyncio.timeout(5):
            while True:
                os.kill(pid, 0)
                await asyncio.sleep(0.05)


@asynccontextmanager
async def door(server: LiveKitServer, folder: Path) -> AsyncIterator[Door]:
    """All of it; afterwards no key may be in anything that was written, said or shown."""
    (folder / "cameras").mkdir()
    with ExitStack() as cameras:
        async with watched(server, folder, push_ports()) as (service, viewer):
            made = Door(service, viewer, folder / "cameras", cameras)
            yield made
            shown = [service.log, *service.answers, *service.command_lines()]
            shown += [repr(seen.attributes) for seen in viewer.seen.values()]
            assert not [key for key in made.keys if key in "\n".join(shown)]
            pid = made.mediamtx()
        await gone(pid)


@pytest.mark.timeout(150)
async def test_a_push_by_each_protocol_stops_and_comes_back_and_the_participant_stays(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table
) -> None:
    async with door(livekit_server, tmp_path) as at:

        async def one(protocol: str) -> None:
            ways = await at.create(protocol)
            sender = at.push(protocol, protocol, ways[protocol])
            report = await at.live(protocol)
            assert (report["codec"], report["way"]) == ("h264", "passthrough")
            seen = at.viewer.of(protocol)
            await at.viewer.until(lambda: len(seen.bursts) >= 3, "sound")
            age = f"{seen.age() * 1000:.0f} ms"
            table.append(Row(f"push-{protocol}", "ffmpeg", "seen", "passthrough", age=age))
            there = list(seen.sids), list(seen.tracks)
            sender.kill()
            await at.waits(protocol)
            sender.start()
            await at.live(protocol)
            assert (seen.sids, seen.tracks) == there

        async with asyncio.TaskGroup() as group:
            for protocol in FORMATS:
                group.create_task(one(protocol), name=protocol)


@pytest.mark.timeout(150)
async def test_pushes_come_back_when_mediamtx_or_the_service_was_killed(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with door(livekit_server, tmp_path) as at:
        ways = await at.create("studio")
        await at.create("idle")
        sender = at.push("studio", "rtmp", ways["rtmp"])
        await at.live("studio")
        seen = at.viewer.of("studio")
        sids = list(seen.sids)

        os.kill(at.mediamtx(), signal.SIGKILL)
        await at.service.until("studio", lambda one: one["state"] != "live", "away")
        sender.kill()  # ffmpeg does not try again by itself, as others do
        await at.waits("studio")
        sender.start()
        await at.live("studio")
        assert seen.sids == sids

        pid = at.mediamtx()
        sender.kill()
        at.service.program.kill()
        await gone(pid)
        at.service.program.start()
        await at.service.ready()
        await at.waits("studio")
        sender.start()
        await at.live("studio")


@pytest.mark.timeout(120)
async def test_only_who_has_the_key_pushes_and_nobody_else_reads(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with door(livekit_server, tmp_path) as at:
        ways, others = await at.create("studio"), await at.create("other")
        other = others["whip"]["key"]
        (key,) = at.keys - {other}
        wrong = [
            at.push("studio", protocol, {name: text.replace(key, other) for name, text in way})
            for protocol in FORMATS
            for way in [ways[protocol].items()]
        ]
        for sender in wrong:
            with pytest.raises(RuntimeError):
                await sender.until(lambda: False, "refused")
            assert not sender.running
        at.push("studio", "rtsp", ways["rtsp"])
        await at.live("studio")
        for address in (ways["rtsp"]["address"], "/".join(ways["rtmp"].values())):
            with pytest.raises(av.FFmpegError):
                await asyncio.to_thread(av.open, address, timeout=10)
        # The newer one of two counts, as an encoder that comes back through another network is.
        small = at.push("studio", "rtmp", ways["rtmp"], Look(width=160, height=90))
        seen = at.viewer.of("studio")
        await at.viewer.until(lambda: seen.frames[-1].width == 160, "the newer one")
        # Without its push no more is taken, not even with the key of before.
        await at.service.remove("studio")
        with pytest.raises(RuntimeError):
            await small.until(lambda: False, "cut off")
        again = await at.create("studio")
        assert again["whip"]["key"] != key
        late = at.push("studio", "rtsp", ways["rtsp"])
        with pytest.raises(RuntimeError):
            await late.until(lambda: False, "refused")


@pytest.mark.timeout(90)
async def test_a_browser_pushes_by_whip(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table
) -> None:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium")
    async with door(livekit_server, tmp_path) as at:
        way = (await at.create("browser"))["whip"]
        page = livekit_server.http_url
        async with pushing(program, page, way["address"], "a-key-of-somebody-else") as status:
            assert status == 401
        async with pushing(program, page, way["address"], way["key"]) as status:
            assert status == 201
            seen = at.viewer.of("browser")
            await at.viewer.until(lambda: len(seen.frames) >= ENOUGH, "pictures")
            await at.viewer.until(lambda: len(seen.bursts) >= 2, "sound")
            report = (await at.service.reports())["browser"]
            assert (report["codec"], report["way"]) == ("h264", "passthrough")
            table.append(Row("push-whip", "Chromium", "seen", "passthrough"))
        await at.waits("browser")


@pytest.mark.parametrize("lan", ["false", "true"])
async def test_other_addresses_are_open_where_it_is_set(
    livekit_server: LiveKitServer, tmp_path: Path, lan: str
) -> None:
    ports = push_ports()
    async with serving(livekit_server, tmp_path, {**ports, "PRESSBOX_LAN": lan}) as service:
        await service.add("studio", "push")
        await service.program.until_said("[API] started")
        for name in ("RTMP", "RTSP", "WHIP"):
            port = int(ports[f"PRESSBOX_PUSH_{name}_PORT"])
            socket.create_connection(("127.0.0.1", port), 5).close()
            with contextlib.ExitStack() as stack:
                if lan == "false":
                    stack.enter_context(pytest.raises(ConnectionRefusedError))
                socket.create_connection(("127.0.0.2", port), 5).close()
        await service.end()
