"""Short films of any codec, and a reader's session to read them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext

from ingress.reader.messages import (
    HEAD,
    Failed,
    Message,
    Note,
    Opened,
    Order,
    RawPicture,
    Request,
    Sound,
    Unit,
    decode,
    encode,
)
from ingress.reader.owner import Owner
from ingress.reader.session import run
from tests.support.ordinary_priority import ordinary_priority
from tests.support.tones import tone

FPS = 25
PLAIN = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
WITH_B = {"preset": "veryfast", "bf": "2", "b-adapt": "0", "g": "10"}


def film(
    path: Path,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    *,
    seconds: float = 0.6,
    size: tuple[int, int] = (160, 120),
    sound: str = "",
    rate: int = 48_000,
) -> Path:
    """A film whose upper left quarter is white and the rest grey, lighter from frame to frame; with
    sound: a tone in its first half.
    """
    with av.open(path, "w") as container:
        chosen = PLAIN if codec == "libx264" and options is None else options or {}
        video: Any = container.add_stream(codec, rate=FPS, options=chosen)
        video.width, video.height = size
        video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        audio: Any = container.add_stream(sound, rate=rate, layout="mono") if sound else None
        with ordinary_priority():
            for number in range(round(seconds * FPS)):
                frame = picture(number, size)
                frame.pts, frame.time_base = number, Fraction(1, FPS)
                container.mux(video.encode(frame))
            container.mux(video.encode(None))
        if audio:
            _add_sound(container, audio, seconds, rate)
    return path


def picture(number: int, size: tuple[int, int] = (160, 120)) -> av.VideoFrame:
    """One frame of the film."""
    width, height = size
    image = np.full((height, width), 40 + number * 3 % 100, np.uint8)
    image[: height // 2, : width // 2] = 235
    return av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuv420p")


def _add_sound(container: Any, audio: Any, seconds: float, rate: int) -> None:
    samples = np.zeros(round(seconds * rate), np.int16)
    burst = tone(seconds / 2, 1000, rate)
    samples[: len(burst)] = burst
    piece = audio.codec_context.frame_size or 1024
    for begin in range(0, len(samples), piece):
        part = samples[None, begin : begin + piece]
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), "s16", "mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))


def messages(
    request: Request, *, act: Callable[[Message], Order | None] = lambda _: None
) -> Iterator[Message]:
    """What a session in a thread says, up to and with Failed; closing it ends the session. act:
    may answer a message with an order.
    """
    ours, theirs = socket.socketpair()
    owner = Owner(theirs, leave=lambda: None)
    owner.listen()
    thread = threading.Thread(target=run, args=(request, owner), name="session")
    thread.start()
    try:
        with ours.makefile("rb") as pipe:
            while head := pipe.read(HEAD.size):
                kind, length = HEAD.unpack(head)
                message = decode(kind, pipe.read(length))
                order = act(message)
                if order:
                    ours.sendall(b"".join(encode(order)))
                yield message
                if isinstance(message, Failed):
                    return
    finally:
        ours.close()
        thread.join(30)  # a read of SRT waits up to its own time-out first
        theirs.close()
        assert not thread.is_alive()


class Read:
    """All that a session has said, sorted."""

    def __init__(self, path: Path | str, *, pieces: int = 10_000, **request: Any) -> None:
        request = {"loop": False} | request
        self.said: list[Message] = []
        for message in messages(Request(str(path), **request)):
            self.said.append(message)
            if len(self.units) + len(self.raw) >= pieces:
                break

    def _of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.said if isinstance(one, kind)]

    @property
    def opened(self) -> Opened:
        (opened,) = self._of(Opened)
        assert isinstance(opened, Opened)
        return opened

    @property
    def failed(self) -> Failed:
        (failed,) = self._of(Failed)
        assert isinstance(failed, Failed)
        return failed

    @property
    def units(self) -> list[Unit]:
        return self._of(Unit)

    @property
    def raw(self) -> list[RawPicture]:
        return self._of(RawPicture)

    @property
    def notes(self) -> list[Note]:
        return self._of(Note)

    @property
    def sounds(self) -> list[Sound]:
        return self._of(Sound)


def watched(units: list[Unit]) -> list[av.VideoFrame]:
    """The pictures that a viewer of these units sees."""
    name = {"av1": "libdav1d"}.get(units[0].codec, units[0].codec)
    decoder: Any = VideoCodecContext.create(name, "r")
    decoder.thread_count = 1
    frames = [frame for unit in units for frame in decoder.decode(av.Packet(unit.data))]
    return [*frames, *decoder.decode(None)]


def grey(frame: av.VideoFrame) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture's luma."""
    return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
