"""An HTTP camera that sends JPEGs, with every boundary habit that cameras have."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import av
from av.video.codeccontext import VideoCodecContext

from tests.peers.camera import picture
from tests.peers.camera_encoders import Look, new_video
from tests.peers.proxy import served
from tests.support.ports import free_port

REALM, NONCE = "a web camera", "77aa88bb"


@dataclass(frozen=True, slots=True)
class Habit:
    """How a camera writes a part: said is the content type's boundary, line what stands before each
    part, end the line end.
    """

    said: str = "boundary=frame"
    line: str = "--frame"
    end: str = "\r\n"
    length: bool = True
    type: str = "Content-Type: image/jpeg"
    more: tuple[str, ...] = ()
    preamble: bytes = b""


HABITS: dict[str, Habit] = {
    "plain": Habit(),
    "quoted": Habit(said='boundary="frame"'),
    # The dashes are said as part of the boundary, and are not doubled: Axis, many others
    "dashes": Habit(said="boundary=--myboundary", line="--myboundary"),
    "no-dashes": Habit(said="boundary=MJPEGBOUNDARY", line="MJPEGBOUNDARY"),
    "no-length": Habit(length=False),
    "newlines": Habit(end="\n"),
    "phone": Habit(  # as the app IP Webcam has it
        said="boundary=Ba4oTvQMY8ew04N8dcnM",
        line="--Ba4oTvQMY8ew04N8dcnM",
        more=("X-Timestamp: 1763712000.123",),
    ),
    "bare": Habit(length=False, type="", end="\n"),
    "preamble": Habit(preamble=b"\r\n\r\nwelcome\r\n"),
    "upper": Habit(type="CONTENT-TYPE: IMAGE/JPEG", said="BOUNDARY=frame; charset=utf-8"),
}


@dataclass(slots=True)
class HttpCamera:
    """`/HABIT.mjpg` streams, `/single.jpg` is one picture. auth: what is asked for, with user and
    password; token: what `?token=` must be; redirect: where everything is sent on to.
    """

    size: tuple[int, int] = (320, 180)
    fps: int = 12
    auth: Literal["", "basic", "digest"] = ""
    user: str = "cam"
    password: str = ""
    token: str = ""
    redirect: str = ""
    port: int = field(default_factory=free_port)
    requests: int = 0

    def url(self, path: str, *, login: str = "") -> str:
        """The address of a path; login: `user:password`."""
        at = f"{login}@" if login else ""
        return f"http://{at}127.0.0.1:{self.port}/{path}"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request and then closes, as cameras do."""
        request = (await reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
        self.requests += 1
        target = request.split(" ")[1]
        address = urlsplit(target)
        habit = HABITS.get(address.path.removeprefix("/").removesuffix(".mjpg"))
        if self.redirect:
            _answer(writer, "302 Found", f"Location: {self.redirect}{address.path}")
        elif self.token and parse_qs(address.query).get("token") != [self.token]:
            _answer(writer, "403 Forbidden")
        elif self.auth and not self._right(request):
            _answer(writer, "401 Unauthorized", f"WWW-Authenticate: {self._question()}")
        elif habit is None:
            _answer(writer, "404 Not Found")
        else:
            kind = f"multipart/x-mixed-replace; {habit.said}"
            writer.write(f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode())
            await self._stream(writer, habit)
        await writer.drain()

    async def _stream(self, writer: asyncio.StreamWriter, habit: Habit) -> None:
        writer.write(habit.preamble)
        draw, begun, counter = jpegs(self.size), time.monotonic(), 0
        while True:
            data = draw(counter)
            heads = [habit.line, habit.type, *habit.more]
            if habit.length:
                heads.append(f"Content-Length: {len(data)}")
            text = habit.end.join([*filter(None, heads), "", ""])
            writer.write(text.encode() + data + habit.end.encode())
            await writer.drain()
            counter += 1
            await asyncio.sleep(max(0.0, begun + counter / self.fps - time.monotonic()))

    def _question(self) -> str:
        if self.auth == "basic":
            return f'Basic realm="{REALM}"'
        return f'Digest realm="{REALM}", qop="auth", nonce="{NONCE}", algorithm=MD5'

    def _right(self, request: str) -> bool:
        found = re.search(r"(?im)^Authorization: *(\w+) +(.*?)\r?$", request)
        if not found or found[1].lower() != self.auth:
            return False
        if self.auth == "basic":
            return base64.b64decode(found[2]).decode() == f"{self.user}:{self.password}"
        said = dict(re.findall(r'(\w+)="?([^",]*)"?', found[2]))
        first = _md5(f"{self.user}:{REALM}:{self.password}")
        second = _md5(f"GET:{said.get('uri', '')}")
        middle = ":".join(said.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return said.get("response") == _md5(f"{first}:{middle}:{second}")


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


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
