"""An HTTP camera that sends JPEGs, with the bad habits of many."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from urllib.parse import parse_qs, urlsplit

import av
from av.video.codeccontext import VideoCodecContext

from tests.peers.camera import picture
from tests.peers.camera_encoders import Look, new_video
from tests.peers.login import Login
from tests.peers.proxy import served
from tests.support.ports import free_port

_PREAMBLE = b"\r\n\r\nwelcome\r\n"
_PARTS = (
    "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: LENGTH\r\n\r\n",
    "--myboundary\r\nCONTENT-TYPE: IMAGE/JPEG\r\nX-Timestamp: 1763712000.123\r\n\r\n",
    "frame\nContent-Type: image/jpeg\nContent-Length: LENGTH\n\n",  # no dashes
    "--frame\n\n",
    "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 17\r\n\r\n",
    "\r\n\r\n------other\r\nContent-Type: text/plain\r\n\r\nmotion=0\r\n--frame\r\n\r\n",
)
"""Heads of parts, one after the other."""

_NO_SNAPSHOT = 7
"""Of so many, one is refused and one is cut off."""


@dataclass(slots=True)
class HttpCamera:
    """`/cam.mjpg` streams, `/cam.jpg` is one picture. login: what is asked for; token: what
    `?token=` must be; redirect: where everything is sent on to.
    """

    size: tuple[int, int] = (320, 180)
    fps: int = 12
    login: Login | None = None
    token: str = ""
    redirect: str = ""
    port: int = field(default_factory=free_port)
    _snapshots: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, path: str, *, login: str = "") -> str:
        """The address of a path; login: `user:password`."""
        at = f"{login}@" if login else ""
        return f"http://{at}127.0.0.1:{self.port}/{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request and then closes, as cameras do."""
        request = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        target = request.split(" ")[1]
        address = urlsplit(target)
        found = re.search(r"(?im)^Authorization: *(.*?)\r?$", request)
        if self.redirect:
            _answer(writer, "302 Found", f"Location: {self.redirect}{address.path}")
        elif self.token and parse_qs(address.query).get("token") != [self.token]:
            _answer(writer, "403 Forbidden")
        elif self.login and not self.login.passes(target, found[1] if found else ""):
            _answer(writer, "401 Unauthorized", *self.login.headers())
        elif address.path == "/cam.mjpg":
            writer.write(b"HTTP/1.0 200\nContent-Type: multipart/x-mixed-replace\n\n" + _PREAMBLE)
            await self._stream(writer)
        elif address.path == "/cam.jpg":
            self._snapshot(writer)
        else:
            _answer(writer, "404 Not Found")
        await writer.drain()

    async def _stream(self, writer: asyncio.StreamWriter) -> None:
        draw, begun = jpegs(self.size), time.monotonic()
        for counter, head in enumerate(itertools.cycle(_PARTS), 1):
            data = draw(counter)
            writer.write(head.replace("LENGTH", str(len(data))).encode() + data + b"\r\n")
            await writer.drain()
            await asyncio.sleep(max(0.0, begun + counter / self.fps - time.monotonic()))

    def _snapshot(self, writer: asyncio.StreamWriter) -> None:
        number = next(self._snapshots)
        if number % _NO_SNAPSHOT == 0:
            _answer(writer, "503 Busy", "Retry-After: 1")
            return
        data = jpegs(self.size)(number)
        data = data[:-100] if number % _NO_SNAPSHOT == 1 and number > 1 else data
        writer.write(b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n" + data)


@asynccontextmanager
async def http_camera(made: HttpCamera) -> AsyncIterator[HttpCamera]:
    """The camera, answering on loopback."""
    async with served(made.handle, made.port):
        yield made


def jpegs(size: tuple[int, int]) -> Callable[[int], bytes]:
    """Gives the JPEG of a counter, with the clock of the moment in it."""
    encoder: VideoCodecContext = new_video(Look("mjpeg", *size))

    def draw(counter: int) -> bytes:
        frame: av.VideoFrame = picture(size, counter, time.monotonic())
        frame.pts, frame.time_base = counter, Fraction(1, 1000)
        return b"".join(bytes(packet) for packet in encoder.encode(frame))

    return draw


def _answer(writer: asyncio.StreamWriter, status: str, *heads: str) -> None:
    lines = [f"HTTP/1.1 {status}", "Content-Length: 0", "Connection: close", *heads]
    writer.write("\r\n".join([*lines, "", ""]).encode())
