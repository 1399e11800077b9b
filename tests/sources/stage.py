"""Everything that a group of sources needs beside the service: servers, cameras, players, files."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.peers.camera import Camera, Output, camera
from tests.peers.camera_encoders import Look
from tests.peers.http_camera import HttpCamera
from tests.peers.mediamtx import MediaServer, mediamtx
from tests.peers.nasty_rtsp import Manners, NastyCamera
from tests.peers.players import ffmpeg_copy, gstreamer, handover, screen, vlc
from tests.peers.program import Program
from tests.peers.proxy import served
from tests.support.ports import free_port


class Stage:
    """Take what is needed from it, then enter it: `async with stage:`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        self.media_folder = folder / "media"
        self.media_folder.mkdir(exist_ok=True)
        self._stack = AsyncExitStack()
        self._outputs: list[Output] = []
        self._later: list[Callable[[], Program]] = []
        self._contexts: list[AbstractAsyncContextManager[object]] = []
        self._paths: list[str] = []
        self.media: MediaServer = self._stack.enter_context(mediamtx(folder / "mediamtx"))
        self.programs: list[Program] = []
        self.cameras: list[Camera] = []

    async def __aenter__(self) -> Self:
        await self.media.ready()
        if self._outputs:
            made = self._stack.enter_context(camera(self.folder / "camera", *self._outputs))
            self.cameras.append(made)
        for make in self._later:
            self.programs.append(self._stack.enter_context(make()))
        for one in self._contexts:
            await self._stack.enter_async_context(one)
        await self.media.ready(self._paths, 40)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    @property
    def logs(self) -> str:
        """The end of what every program has written, for a failed test."""
        return "\n".join(f"{one.command[-1][:80]}: {one.log[-300:]}" for one in self.programs)

    def published(self, path: str, look: Look, sound: str = "") -> str:
        """A camera that publishes to mediamtx by RTSP; gives the path."""
        self._outputs.append(Output(self.media.rtsp(path), look=look, sound=sound))
        self._paths.append(path)
        return path

    def pushed(self, path: str, look: Look, sound: str = "") -> str:
        """A camera that pushes to mediamtx by RTMP; gives the path."""
        self._outputs.append(Output(self.media.rtmp(path), "flv", look, sound))
        self._paths.append(path)
        return path

    def sent(self, to: str, container: str, look: Look, sound: str = "") -> None:
        """A camera that sends somewhere."""
        self._outputs.append(Output(to, container, look, sound))

    def ffmpeg(self, look: Look, sound: str, container: str, *words: str) -> None:
        """A camera's stream through a real ffmpeg, which copies it to where the words say."""
        to, read = handover()
        self.sent(to, container, look, sound)
        folder = self.folder / f"ffmpeg{len(self._later)}"
        self._later.append(lambda: ffmpeg_copy(folder, container, read, *words))

    def copied(self, path: str, look: Look, sound: str) -> str:
        """A camera whose stream a real ffmpeg copies to mediamtx by RTSP; gives the path."""
        to = self.media.rtsp(path)
        self.ffmpeg(look, sound, "nut", "-f", "rtsp", "-rtsp_transport", "tcp", to)
        self._paths.append(path)
        return path

    def vlc(self, look: Look, sound: str, sout: str) -> None:
        """A camera's stream through a real VLC, which sends it to where `sout` says."""
        port = free_port()
        self.sent(f"udp://127.0.0.1:{port}?pkt_size=1316", "mpegts", look, sound)
        folder = self.folder / f"vlc{len(self._later)}"
        self._later.append(
            lambda: vlc(folder, f"udp://@127.0.0.1:{port}", "--sout", sout, "--sout-keep")
        )

    def vlc_file(self, path: Path, sout: str) -> None:
        """VLC that plays a file for ever, and sends it."""
        # Where the user that VLC runs as gets at it: pytest's folders are closed to him.
        folder = self._stack.enter_context(TemporaryDirectory(prefix="pressbox-vlc-"))
        Path(folder).chmod(0o755)
        path = Path(shutil.copy(path, folder))
        path.chmod(0o644)
        log = self.folder / f"vlc{len(self._later)}"
        self._later.append(lambda: vlc(log, str(path), "--loop", "--sout", sout, "--sout-keep"))

    def vlc_screen(self, display: int, sout: str) -> None:
        """VLC that sends what is on a display, ten times a second."""
        words = ("screen://", "--screen-fps=10", "--sout", sout, "--sout-keep")
        folder = self.folder / f"vlc{len(self._later)}"
        self._later.append(lambda: vlc(folder, *words, display=f":{display}"))

    def gstreamer(self, look: Look, sound: str, pipeline: str) -> None:
        """A camera's MPEG-TS, which comes in at PORT, through a real GStreamer."""
        port = free_port()
        self.sent(f"tcp://127.0.0.1:{port}", "mpegts", look, sound)
        folder = self.folder / f"gst{len(self._later)}"
        self._later.append(lambda: gstreamer(folder, pipeline.replace("PORT", str(port))))

    def screen(self, width: int, height: int) -> int:
        """A desktop; gives the number of its display."""
        number = free_port()
        folder = self.folder / "screen"
        self._later.append(lambda: screen(folder, number, width, height))
        return number

    def nasty(self, manners: Manners) -> NastyCamera:
        """A camera by RTSP with manners of its own."""
        return self._stack.enter_context(NastyCamera(manners))

    def http(self, made: HttpCamera) -> HttpCamera:
        """An HTTP camera."""
        self._contexts.append(served(made.handle, made.port))
        return made

    def web(self) -> tuple[Path, str]:
        """A folder, and the address of the web server that serves its files."""
        folder, port = self.folder / f"web{len(self._contexts)}", free_port()
        folder.mkdir()
        self._contexts.append(_files(folder, port))
        return folder, f"http://127.0.0.1:{port}"


@asynccontextmanager
async def _files(folder: Path, port: int) -> AsyncIterator[None]:
    app = web.Application()
    app.add_routes([web.static("/", folder)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()
