"""Cameras on another computer, whose cable may be pulled, and one whose name is not known yet; left
out where there can be no other computer, or no other file of names.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from launcher.go_server import find
from launcher.mediamtx import MEDIAMTX
from tests.peers.camera import Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.mediamtx import MediaServer
from tests.peers.other_computer import NoNamespaceError, OtherComputer, other_computer
from tests.sources.conftest import Row, Table, full_only
from tests.sources.room_viewer import RoomViewer, Seen
from tests.sources.service import IngressService
from tests.sources.stage import Stage
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer

SOURCES = ("tcp", "udp")


@asynccontextmanager
async def camera_elsewhere(
    server: LiveKitServer, folder: Path
) -> AsyncIterator[tuple[OtherComputer, IngressService, RoomViewer]]:
    """A camera and its server on another computer, read over TCP and UDP, both live."""
    binary = find(MEDIAMTX)
    assert binary
    with ExitStack() as stack:
        try:
            other = stack.enter_context(other_computer())
        except NoNamespaceError as error:
            pytest.skip(str(error))
        made = MediaServer(binary, folder / "media", host=other.there, namespace=other.namespace)
        media = stack.enter_context(made)
        await media.ready()
        output = Output(media.rtsp("open/cam"), look=Look(), sound="aac")
        stack.enter_context(camera(folder / "cam", output, namespace=other.namespace))
        await media.ready(["open/cam"])
        async with watched(server, folder) as (service, viewer):
            for name in SOURCES:
                await service.add(name, media.rtsp("open/cam"), transport=name)
            for name in SOURCES:
                await pictures(viewer, name, time.monotonic())
            yield other, service, viewer


async def pictures(viewer: RoomViewer, name: str, since: float, limit: float = 40.0) -> float:
    """Waits for pictures drawn after `since`; seconds from then to the first."""
    seen = viewer.of(name)
    await viewer.until(lambda: len(seen.since(since)) > 5, f"{name} again", limit)
    return seen.since(since)[0].received - since


async def away(
    other: OtherComputer, service: IngressService, viewer: RoomViewer, seconds: float
) -> dict[str, float]:
    """Pulls the cable for so long; seconds that each source took to be back."""
    tracks = {name: list(viewer.of(name).tracks) for name in SOURCES}
    other.unplugged = True
    begun = time.monotonic()
    for name in SOURCES:
        await service.until(name, lambda one: one["state"] != "live", "not live", 20)
    await asyncio.sleep(max(0.0, begun + seconds - time.monotonic()))
    waits = {name: one["next_try"] - time.time() for name, one in (await service.reports()).items()}
    back = time.monotonic()
    other.unplugged = False
    took = dict(
        zip(
            SOURCES,
            await asyncio.gather(*(pictures(viewer, name, back) for name in SOURCES)),
            strict=True,
        )
    )
    for name in SOURCES:
        assert viewer.of(name).tracks == tracks[name]
        assert len(viewer.of(name).sids) == 1
        await viewer.until(partial(_up_to_date, viewer.of(name)), f"{name} up to date", 10)
        took[name] -= max(0.0, waits[name])
    return took


def _up_to_date(seen: Seen) -> bool:
    """What piled up while the cable was out has gone by."""
    return seen.age(5) < 2.0


@pytest.mark.timeout(150)
async def test_a_pulled_cable_is_noticed_and_the_picture_is_back_with_it(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with camera_elsewhere(livekit_server, tmp_path) as (other, service, viewer):
        other.delay, other.loss = 0.005, 0.001
        await away(other, service, viewer, 4)
        other.link(up=False)
        for name in SOURCES:
            await service.until(name, lambda one: one["state"] != "live", "not live", 20)
        back = time.monotonic()
        other.link(up=True)
        await asyncio.gather(*(pictures(viewer, name, back) for name in SOURCES))


@full_only
@pytest.mark.timeout(900)
@pytest.mark.parametrize("seconds", [5, 60, 300])
async def test_however_long_it_was_away(
    livekit_server: LiveKitServer, tmp_path: Path, table: Table, seconds: int
) -> None:
    async with camera_elsewhere(livekit_server, tmp_path) as (other, service, viewer):
        took = await away(other, service, viewer, seconds)
        for name, time_taken in took.items():
            said = f"back {time_taken:.1f} s behind the next attempt"
            table.append(Row(f"cable pulled for {seconds} s", f"RTSP {name}", said))


def _mounts() -> bool:
    """Whether this machine lets us give a process its own file of host names."""
    command = ("unshare", "--mount", "true")
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0


@pytest.mark.timeout(120)
async def test_a_camera_whose_name_is_unknown_comes_when_it_is_known(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    if not _mounts():
        pytest.skip("no mount namespaces here")
    names = tmp_path / "hosts"
    names.write_text("127.0.0.1 localhost\n")
    mounted = f'mount --bind {names} /etc/hosts && exec "$@"'
    stage = Stage(tmp_path / "stage")
    path = stage.published("open/cam", Look())
    within = ("unshare", "--mount", "sh", "-c", mounted, "sh")
    async with stage, watched(livekit_server, tmp_path, within=within) as (service, viewer):
        url = f"rtsp://a-camera.invalid:{stage.media.rtsp_port}/{path}"
        await service.add("named", url, transport="tcp")
        report = await service.until("named", lambda one: bool(one["error"]), "in trouble")
        assert report["state"] == "connecting"
        assert "a-camera.invalid" in report["error"]
        names.write_text("127.0.0.1 localhost a-camera.invalid\n")
        await service.wake("named")
        seen = viewer.of("named")
        await viewer.until(lambda: len(seen.clocked) > 10, "the camera's picture")
        assert len(seen.sids) == 1
