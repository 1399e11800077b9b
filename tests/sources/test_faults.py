"""What happens to cameras and networks happens here to every source at once, and is survived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.peers.camera import Camera, Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.mediamtx import MediaServer
from tests.peers.nasty_rtsp import Manners, NastyCamera
from tests.peers.proxy import Mode, Proxy, proxy
from tests.sources.room_viewer import RoomViewer, Seen
from tests.sources.service import IngressService
from tests.sources.stage import Stage
from tests.sources.trial import Trial, undergo
from tests.sources.watched import watched
from tests.support.livekit_server import LiveKitServer

LOOK = Look(fps=15)


class Hospital:
    """The stage, the service and the viewer of the trials of one test."""

    def __init__(
        self, stage: Stage, service: IngressService, viewer: RoomViewer, stack: AsyncExitStack
    ) -> None:
        self.stage, self.service, self.viewer, self._stack = stage, service, viewer, stack

    @property
    def media(self) -> MediaServer:
        """The media server."""
        return self.stage.media

    async def camera(self, name: str, look: Look = LOOK, sound: str = "") -> Camera:
        """A camera of its own that publishes `open/NAME`."""
        output = Output(self.media.rtsp(f"open/{name}"), look=look, sound=sound)
        made = self._stack.enter_context(camera(self.stage.folder / name, output))
        await self.media.ready([f"open/{name}"])
        return made

    async def proxy(self) -> Proxy:
        """A proxy before the media server's RTSP."""
        upstream = ("127.0.0.1", self.media.rtsp_port)
        return await self._stack.enter_async_context(proxy(upstream))

    async def undergo(self, *trials: Trial, away: float = 0.0) -> list[float]:
        """All of them at the same time; gives the seconds each took to be back."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    undergo(trial, self.service, self.viewer, away=away), name=trial.name
                )
                for trial in trials
            ]
        return [task.result() for task in tasks]


@asynccontextmanager
async def hospital(server: LiveKitServer, folder: Path) -> AsyncIterator[Hospital]:
    """Where trials are held. At the end nothing may be left of any source."""
    async with (
        Stage(folder / "stage") as stage,
        AsyncExitStack() as stack,
        watched(server, folder) as (service, viewer),
    ):
        before = service.footprint()
        yield Hospital(stage, service, viewer, stack)
        for name in await service.reports():
            await service.remove(name)
        async with asyncio.timeout(15):
            while service.footprint().children > before.children:
                await asyncio.sleep(0.1)


def through(name: str, made: Proxy, mode: Mode, path: str = "", **more: object) -> Trial:
    """A trial of a stream behind a proxy that goes wrong in this way."""

    async def hurt() -> None:
        await made.set(mode)
        if mode in ("refuse", "hang_up"):
            made.cut()

    async def mend() -> None:
        await made.set("pass")

    url = f"rtsp://127.0.0.1:{made.port}/open/{path or name}"
    return Trial(name, url, hurt, mend, **more)  # type: ignore[arg-type]


def _shows(seen: Seen) -> bool:
    return len(seen.clocked) > 10


@pytest.mark.timeout(150)
async def test_connections_that_break_in_every_way_come_back(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with hospital(livekit_server, tmp_path) as at:
        await at.camera("cam", sound="aac")
        modes: tuple[Mode, ...] = ("refuse", "silent", "garbage", "drip", "hang_up")
        trials = [through(mode, await at.proxy(), mode, "cam") for mode in modes]
        await at.undergo(*trials)
        for trial in trials:
            assert at.service.states(trial.name)[-1] == "live"
            assert "failed" not in at.service.states(trial.name)
        reports = await at.service.reports()
        assert reports["refuse"]["reconnects"] >= 1


@pytest.mark.timeout(150)
async def test_a_camera_that_changes_or_dies_comes_back(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with hospital(livekit_server, tmp_path) as at:
        killed, sized, jumped, coded = [
            await at.camera(name, sound=sound)
            for name, sound in (("killed", "aac"), ("sized", ""), ("jumped", "aac"), ("coded", ""))
        ]

        async def kill() -> None:
            killed.kill()

        async def revive() -> None:
            killed.start()

        async def resize() -> None:
            sized.change(size=[480, 270])

        async def jump() -> None:
            jumped.change(jump=3600)
            await asyncio.sleep(1)
            jumped.change(jump=-7200)

        async def other_codec() -> None:
            coded.kill()
            output = Output(at.media.rtsp("open/coded"), look=Look("h265"))
            coded.command = (*coded.command[:-1], output.json())
            coded.start()

        async def nothing() -> None:
            pass

        def url(name: str) -> str:
            return at.media.rtsp(f"open/{name}")

        await at.undergo(
            Trial("killed", url("killed"), kill, revive, ("reconnecting", "failed", "stalled")),
            Trial("sized", url("sized"), resize, nothing, ()),
            Trial("jumped", url("jumped"), jump, nothing, ()),
            Trial("coded", url("coded"), other_codec, nothing, ()),
        )
        sized_frame = at.viewer.of("sized").frames[-1]
        assert (sized_frame.width, sized_frame.height) == (480, 270)
        report = await at.service.until("coded", lambda one: one["codec"] == "hevc", "H.265")
        assert report["way"] == "transcoded"


@pytest.mark.timeout(150)
async def test_silence_wrong_passwords_and_names_are_told_apart_and_end(
    livekit_server: LiveKitServer, tmp_path: Path
) -> None:
    async with hospital(livekit_server, tmp_path) as at:
        await at.camera("cam")
        service = at.service
        mute, short = await at.proxy(), await at.proxy()
        await mute.set("silent")
        short.cut_after = 1.0
        with NastyCamera(Manners(offers=("MD5", "SHA-256"))) as locks:
            await service.add("mute", f"rtsp://127.0.0.1:{mute.port}/open/cam")
            await service.add("locked", locks.url("the wrong one"))
            await service.add("gone", at.media.rtsp("open/nothing"))
            await service.add("nameless", "rtsp://no-such-camera.invalid/x")
            await service.add("brief", f"rtsp://127.0.0.1:{short.port}/open/cam")

            locked = await service.until("locked", lambda one: one["reason"] == "auth", "refused")
            assert locked["state"] == "failed"
            assert locked["next_try"] - locked["since"] > 20, "or it locks the owner out"
            gone = await service.until("gone", lambda one: one["reason"] == "not_found", "gone")
            assert gone["state"] == "failed"
            nameless = await service.until("nameless", lambda one: bool(one["error"]), "told")
            assert nameless["state"] == "connecting"
            said = await service.until("mute", lambda one: bool(one["error"]), "told", 20)
            assert said["state"] == "connecting"

            await service.until("brief", lambda one: one["reconnects"] >= 3, "back three times", 40)
            short.cut_after = 0.0
            await mute.set("pass")
            locks.login.password = "the wrong one"
            for name in ("locked", "mute", "brief"):
                await service.wake(name)
            for name in ("locked", "mute", "brief"):
                await service.until(name, lambda one: one["state"] == "live", "live", 40)
                seen = at.viewer.of(name)
                await at.viewer.until(partial(_shows, seen), name)
                assert len(seen.sids) == 1
                assert len(seen.tracks) == 1
