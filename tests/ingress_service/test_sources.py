"""Sources of ours through the service: pulled by it, or pushed to it by mediamtx."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ingress import livekit_ingress
from launcher.go_server import find
from launcher.mediamtx import MEDIAMTX
from tests.ingress_service.viewing import (
    APPEARS,
    OLD,
    ROOM,
    median_age,
    new_pictures,
    present,
    viewer,
)
from tests.peers.camera import Camera, Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.ingress_service import IngressRig
from tests.peers.mediamtx import MediaServer, mediamtx
from tests.sources.service import IngressService, Report, serving

pytestmark = pytest.mark.asyncio

PATH = "open/gate"
LOOK = Look(width=640, height=360, fps=30)
SHOWS = 60.0


def live(report: Report) -> bool:
    return bool(report["state"] == "live")


@asynccontextmanager
async def running(rig: IngressRig, folder: Path, url: str) -> AsyncIterator[IngressService]:
    """Our service with the source `gate`; its ingress is gone afterwards."""
    names = [name for name in rig.settings.model_fields_set if name.startswith("push_")]
    environment = {f"PRESSBOX_{name.upper()}": str(getattr(rig.settings, name)) for name in names}
    async with serving(rig.server, folder / "ours", environment) as service:
        await service.add("gate", url, via="livekit-ingress", room=ROOM, live=False)
        yield service
        await service.end()
    assert await livekit_ingress.list_all(rig.settings) == []


@asynccontextmanager
async def filmed(folder: Path, *, sound: str = "") -> AsyncIterator[tuple[MediaServer, Camera]]:
    """A camera that publishes at PATH of a media server."""
    binary = find(MEDIAMTX)
    assert binary is not None
    server = MediaServer(binary, folder / "server")
    output = Output(server.rtsp(PATH), "rtsp", LOOK, sound=sound)
    with server, camera(folder, output) as filming:
        await server.ready([PATH])
        yield server, filming


async def test_an_rtsp_camera_is_pushed_as_it_comes_and_returns_after_an_outage(
    rig: IngressRig, tmp_path: Path
) -> None:
    async with (
        filmed(tmp_path, sound="aac") as (server, filming),
        viewer(rig) as probe,
        running(rig, tmp_path, server.rtsp(PATH)) as service,
    ):
        report = await service.until("gate", live, "live", SHOWS)
        assert (report["codec"], report["via"]) == ("h264", "livekit-ingress")
        age = median_age(await new_pictures(probe))
        assert 0 < age < OLD, age
        await probe.until(lambda: bool(probe.bursts), timeout=APPEARS, what="sound")

        filming.kill()
        await service.until("gate", lambda report: not live(report), "away", SHOWS)
        filming.start()
        await new_pictures(probe)
        report = await service.until("gate", live, "live", SHOWS)
        assert report["reconnects"] >= 1

        (made,) = await livekit_ingress.list_all(rig.settings)
        await livekit_ingress.delete(rig.settings, made.id)
        await probe.until(lambda: not present(probe, "gate"), timeout=APPEARS, what="gone")
        await new_pictures(probe)
        (again,) = await livekit_ingress.list_all(rig.settings)
        assert again.id != made.id


@pytest.mark.parametrize("way", ["hls", "srt"])
async def test_the_service_pulls_http_and_srt_and_is_started_anew_after_an_outage(
    rig: IngressRig, tmp_path: Path, way: str
) -> None:
    async with filmed(tmp_path) as (server, filming), viewer(rig) as probe:
        url = server.hls(PATH) if way == "hls" else server.srt(PATH)
        async with running(rig, tmp_path, url) as service:
            report = await service.until("gate", live, "live", SHOWS)
            assert (report["codec"], report["way"]) == ("h264", "transcoded")
            age = median_age(await new_pictures(probe))
            assert 0 < age < OLD, age
            server.kill()
            filming.kill()
            if way == "srt":
                return  # the service goes on calling it published
            away = ("reconnecting", "failed")
            await service.until("gate", lambda report: report["state"] in away, "away", SHOWS)
            server.start()
            filming.start()
            await server.ready([PATH])
            await service.until("gate", live, "live", SHOWS)
            await new_pictures(probe)


async def test_a_source_that_is_not_there_is_told(rig: IngressRig, tmp_path: Path) -> None:
    with mediamtx(tmp_path / "server") as server:
        await server.ready()
        url = server.hls("open/nobody") + "?token=geheim-geheim"
        async with running(rig, tmp_path, url) as service:
            report = await service.until("gate", lambda report: report["error"], "told", SHOWS)
            assert report["state"] in ("connecting", "failed")
        assert "geheim" not in service.log + "".join(service.answers)
