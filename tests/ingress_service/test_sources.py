"""Sources of ours through the service: pulled by it, or read and pushed by us."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from config.source_spec import SourceSpec, source_spec
from ingress import livekit_ingress
from ingress.report import SourceReport
from ingress.supervisor import Supervised
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
from tests.peers.mediamtx_build import find_binary

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures("media_server")]

PATH = "open/gate"
LOOK = Look(width=640, height=360, fps=30)


def spec(url: str) -> SourceSpec:
    """A source that goes through the service."""
    return source_spec({"name": "gate", "url": url, "room": ROOM, "via": "livekit-ingress"})


class Watched:
    """A source, and what it said."""

    def __init__(self, source: Supervised) -> None:
        self.source = source
        self.reports: list[SourceReport] = []
        self._news = asyncio.Event()
        source.add_listener(self._heard)

    def _heard(self, report: SourceReport) -> None:
        self.reports.append(report)
        self._news.set()

    async def until(self, *states: str, limit: float = 60.0) -> SourceReport:
        """The next report with one of these states."""
        async with asyncio.timeout(limit):
            while (report := self.source.report()).state not in states:
                self._news.clear()
                await self._news.wait()
        return report


@asynccontextmanager
async def running(rig: IngressRig, url: str) -> AsyncIterator[Watched]:
    """A source in the room; its ingress is gone afterwards."""
    watched = Watched(livekit_ingress.supervised(spec(url), rig.settings))
    watched.source.start()
    try:
        yield watched
    finally:
        await watched.source.aclose()
        await watched.source.aclose()
    assert await livekit_ingress.list_all(rig.settings) == []
    assert watched.source.report().state == "stopped"


@asynccontextmanager
async def filmed(
    folder: Path, look: Look = LOOK, *, sound: str = ""
) -> AsyncIterator[tuple[MediaServer, Camera]]:
    """A camera that publishes at PATH of a media server."""
    binary = find_binary()
    assert binary is not None
    # GStreamer 1.22 stands still on the low-latency playlists that are mediamtx's default.
    plain: dict[str, object] = {"hlsVariant": "mpegts"}
    with MediaServer(binary, folder / "server", extra=plain) as server:
        output = Output(server.rtsp(PATH), "rtsp", look, sound=sound)
        with camera(folder, output) as filming:
            await server.ready([PATH])
            yield server, filming


async def test_an_rtsp_camera_is_pushed_as_it_comes_and_returns_after_an_outage(
    rig: IngressRig, tmp_path: Path
) -> None:
    async with (
        filmed(tmp_path, sound="pcmu") as (server, filming),
        viewer(rig) as probe,
        running(rig, server.rtsp(PATH)) as watched,
    ):
        report = await watched.until("live")
        assert (report.codec, report.via) == ("h264", "livekit-ingress")
        assert "pushed as it comes" in report.why
        age = median_age(await new_pictures(probe))
        assert 0 < age < OLD, age
        await probe.until(lambda: bool(probe.bursts), timeout=APPEARS, what="sound")

        filming.kill()
        await watched.until("stalled", "reconnecting", "failed")
        filming.start()
        await new_pictures(probe)
        await watched.until("live")
        assert watched.source.report().reconnects >= 1


async def test_a_camera_with_another_codec_is_encoded_for_the_push(
    rig: IngressRig, tmp_path: Path
) -> None:
    look = Look(codec="vp8", width=640, height=360)
    async with (
        filmed(tmp_path, look) as (server, _),
        viewer(rig) as probe,
        running(rig, server.rtsp(PATH)) as watched,
    ):
        await new_pictures(probe)
        assert "pushed encoded" in (await watched.until("live")).why


async def test_an_ingress_that_somebody_deleted_is_made_anew(
    rig: IngressRig, tmp_path: Path
) -> None:
    async with (
        filmed(tmp_path) as (server, _),
        viewer(rig) as probe,
        running(rig, server.rtsp(PATH)),
    ):
        await new_pictures(probe)
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
        async with running(rig, url) as watched:
            report = await watched.until("live")
            assert (report.codec, report.way) == ("h264", "transcoded")
            age = median_age(await new_pictures(probe))
            assert 0 < age < OLD, age
            server.kill()
            filming.kill()
            if way == "srt":
                return  # the service goes on calling it published
            await watched.until("reconnecting", "failed")
            server.start()
            filming.start()
            await server.ready([PATH])
            await watched.until("live")
            await new_pictures(probe)


async def test_a_source_that_is_not_there_is_told(rig: IngressRig, tmp_path: Path) -> None:
    with mediamtx(tmp_path / "server") as server:
        await server.ready()
        url = server.hls("open/nobody") + "?token=geheim-geheim"
        async with running(rig, url) as watched:
            async with asyncio.timeout(60):
                while not watched.source.report().error:
                    await asyncio.sleep(0.1)
            report = watched.source.report()
            assert report.state in ("connecting", "failed")
            assert "geheim" not in repr(watched.reports)
    assert "geheim" not in rig.log
