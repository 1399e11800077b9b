"""The real LiveKit Ingress: pushes to it, and sources of ours through it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingress.livekit_ingress import service as livekit_ingress
from launcher.go_server import find
from launcher.mediamtx import MEDIAMTX
from tests.browser.build import chromium
from tests.peers.camera import Camera, Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.ingress_service import IngressRig
from tests.peers.mediamtx import MediaServer
from tests.peers.players import ffmpeg
from tests.sources.room_viewer import RoomViewer, viewing
from tests.sources.service import IngressService, Report, serving
from tests.support.ports import push_ports
from tests.support.whip import pushing

pytestmark = pytest.mark.asyncio

ROOM, PATH = "lobby", "open/gate"
LOOK = Look(width=640, height=360, fps=30)
APPEARS = 60.0
"""Seconds in which a picture has to be there, on a machine that does other things too."""

OLD = 30.0
"""Seconds that no picture of now is behind; how far it is behind is for the benchmarks."""


async def shown(viewer: RoomViewer, name: str) -> None:
    """Waits for new pictures of now, and for sound where there was none yet."""
    seen = viewer.of(name)
    wanted = len(seen.clocked) + 30
    await viewer.until(lambda: len(seen.clocked) >= wanted, "new pictures", APPEARS)
    assert 0 < seen.age() < OLD


async def left(viewer: RoomViewer, name: str) -> None:
    there = viewer.room.remote_participants
    await viewer.until(lambda: name not in there, f"{name} gone", APPEARS)


def live(report: Report) -> bool:
    return bool(report["state"] == "live")


@asynccontextmanager
async def running(rig: IngressRig, folder: Path, url: str) -> AsyncIterator[IngressService]:
    """Our service with the source `gate`; its ingress is gone afterwards."""
    async with serving(rig.server, folder / "ours", push_ports()) as service:
        await service.add("gate", url, via="livekit-ingress", room=ROOM, live=False)
        yield service
        await service.end()
    assert await livekit_ingress.list_all(rig.settings) == []


@asynccontextmanager
async def filmed(folder: Path) -> AsyncIterator[tuple[MediaServer, Camera]]:
    """A camera that publishes at PATH of a media server."""
    binary = find(MEDIAMTX)
    assert binary is not None
    server = MediaServer(binary, folder / "server")
    with server, camera(folder, Output(server.rtsp(PATH), "rtsp", LOOK, sound="aac")) as filming:
        await server.ready([PATH])
        yield server, filming


async def test_a_camera_that_pushes_rtmp_is_seen_leaves_and_comes_back(
    rig: IngressRig, tmp_path: Path
) -> None:
    made = await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="push")
    output = Output(f"{made.address}/{made.key}", "flv", LOOK, sound="aac")
    async with viewing(rig.server, ROOM) as viewer:
        with camera(tmp_path, output) as sender:
            await shown(viewer, "push")
            (known,) = await livekit_ingress.list_all(rig.settings)
            assert (known.state, known.codec, known.width) == ("publishing", "h264", 640)
            await viewer.until(lambda: bool(viewer.of("push").bursts), "sound", APPEARS)
            sender.kill()
            await left(viewer, "push")
            sender.start()
            await shown(viewer, "push")
    assert made.key not in rig.server.log


async def test_a_browser_pushes_whip_without_being_encoded_anew(rig: IngressRig) -> None:
    program = chromium()
    if program is None:
        pytest.skip("no Chromium")
    made = await livekit_ingress.create(rig.settings, "whip", room=ROOM, name="browser")
    async with viewing(rig.server, ROOM) as viewer:
        page = rig.server.http_url
        async with pushing(program, page, made.address, made.key) as status:
            assert status == 201
            seen = viewer.of("browser")
            await viewer.until(lambda: len(seen.frames) > 10, "pictures", APPEARS)
            await viewer.until(lambda: bool(seen.bursts), "sound", APPEARS)
        await left(viewer, "browser")


async def test_a_deleted_key_is_refused(rig: IngressRig, tmp_path: Path) -> None:
    made = await livekit_ingress.create(rig.settings, "rtmp", room=ROOM, name="push")
    await livekit_ingress.delete(rig.settings, "push")
    assert await livekit_ingress.list_all(rig.settings) == []
    words = ("-re", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=15", "-c:v", "libx264", "-f", "flv")
    with ffmpeg(tmp_path, *words, f"{made.address}/{made.key}") as refused:
        with pytest.raises(RuntimeError):
            await refused.until(lambda: False, "ended", APPEARS)
        assert not refused.running


async def test_an_rtsp_camera_is_pushed_and_comes_back_whatever_goes_away(
    rig: IngressRig, tmp_path: Path
) -> None:
    async with (
        filmed(tmp_path) as (server, filming),
        viewing(rig.server, ROOM) as viewer,
        running(rig, tmp_path, server.rtsp(PATH)) as service,
    ):
        report = await service.until("gate", live, "live", APPEARS)
        assert (report["codec"], report["via"]) == ("h264", "livekit-ingress")
        await shown(viewer, "gate")
        await viewer.until(lambda: bool(viewer.of("gate").bursts), "sound", APPEARS)
        filming.kill()
        await service.until("gate", lambda report: not live(report), "away", APPEARS)
        filming.start()
        await shown(viewer, "gate")
        report = await service.until("gate", live, "live", APPEARS)
        assert report["reconnects"] >= 1
        (made,) = await livekit_ingress.list_all(rig.settings)
        await livekit_ingress.delete(rig.settings, made.id)
        await left(viewer, "gate")
        await shown(viewer, "gate")


@pytest.mark.parametrize("way", ["hls", "srt"])
async def test_the_service_pulls_http_and_srt_and_is_started_anew_after_an_outage(
    rig: IngressRig, tmp_path: Path, way: str
) -> None:
    async with filmed(tmp_path) as (server, filming), viewing(rig.server, ROOM) as viewer:
        url = server.hls(PATH) if way == "hls" else server.srt(PATH)
        async with running(rig, tmp_path, url) as service:
            report = await service.until("gate", live, "live", APPEARS)
            assert (report["codec"], report["way"]) == ("h264", "transcoded")
            await shown(viewer, "gate")
            server.kill()
            filming.kill()
            if way == "srt":
                return  # the service goes on calling it published
            await service.until("gate", lambda report: not live(report), "away", APPEARS)
            server.start()
            filming.start()
            await server.ready([PATH])
            await service.until("gate", live, "live", APPEARS)
            await shown(viewer, "gate")


async def test_a_source_that_is_not_there_is_told(rig: IngressRig, tmp_path: Path) -> None:
    async with filmed(tmp_path) as (server, _):
        url = server.hls("open/nobody") + "?token=geheim-geheim"
        async with running(rig, tmp_path, url) as service:
            report = await service.until("gate", lambda report: report["error"], "told", APPEARS)
            assert report["state"] in ("connecting", "failed")
        assert "geheim" not in service.log + "".join(service.answers)
