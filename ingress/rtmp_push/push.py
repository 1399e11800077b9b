"""Pushes encoded pictures and sound over RTMP."""

from __future__ import annotations

import io
import socket
from fractions import Fraction
from typing import TYPE_CHECKING

import av

from ingress.reader.messages import (
    HEAD,
    LONGEST_BODY,
    Failed,
    FailureKind,
    Message,
    Opened,
    Request,
    Sound,
    Unit,
    decode,
    encode,
)
from ingress.rtmp_push.aac import AacTrack

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.stream import VideoStream

_MILLISECONDS = 1000
_FLV = Fraction(1, _MILLISECONDS)
_OPTIONS = {
    "flvflags": "no_duration_filesize",
    # What waits for the other stream's turn goes out after a tenth of a second nevertheless.
    "max_interleave_delta": "100000",
    "flush_packets": "1",
}
_PROTOCOL = {"tcp_nodelay": "1", "rw_timeout": "8000000"}


class GoneError(Exception):
    """The owner has closed the pipe."""


class Pipe:
    """Blocking messages, one after the other."""

    def __init__(self, pipe: socket.socket) -> None:
        self._file = pipe.makefile("rb", buffering=256 * 1024)
        self._pipe = pipe

    def receive(self) -> Message:
        """The next one. Raises GoneError."""
        kind, length = HEAD.unpack(self._exactly(HEAD.size))
        if length > LONGEST_BODY:
            raise GoneError
        return decode(kind, self._exactly(length))

    def send(self, message: Message) -> None:
        """Says something; who is gone does not hear it."""
        try:
            self._pipe.sendall(b"".join(encode(message)))
        except OSError:
            raise GoneError from None

    def _exactly(self, count: int) -> bytes:
        data: bytes = self._file.read(count)
        if len(data) < count:
            raise GoneError
        return data


class Push:
    """One connection. The first unit must be a key one: the head of the stream is made of it."""

    def __init__(self, url: str, first: Unit, *, sound: bool) -> None:
        """Raises av.FFmpegError or OSError where the push is not accepted."""
        self._begin = first.time
        self._last = -1
        self.container: OutputContainer = av.open(
            url, "w", format="flv", options=_OPTIONS | _PROTOCOL, timeout=10.0
        )
        self._video = _video_stream(self.container, first.data)
        self._sound = AacTrack(self.container, first.time) if sound else None
        self.container.start_encoding()

    def show(self, unit: Unit) -> None:
        """Sends a picture. Raises as the constructor does."""
        packet = av.Packet(unit.data)
        at = max(self._last + 1, round((unit.time - self._begin) * _MILLISECONDS))
        self._last = at
        packet.stream = self._video
        base = self._video.time_base or _FLV
        packet.time_base = base
        packet.pts = packet.dts = round(Fraction(at, _MILLISECONDS) / base)
        packet.is_keyframe = unit.key
        self.container.mux(packet)

    def play(self, sound: Sound) -> None:
        """Sends sound; what comes before the first picture is left out."""
        if self._sound:
            for packet in self._sound.encode(sound):
                self.container.mux(packet)

    def close(self) -> None:
        """Ends the push."""
        self.container.close()


def _video_stream(container: OutputContainer, key: bytes) -> VideoStream:
    """A stream for H.264 as it is. Only a demuxer makes parameters without an encoder, so one
    looks at the first picture.
    """
    with av.open(io.BytesIO(key), format="h264") as looked:
        return container.add_stream_from_template(looked.streams.video[0])


def run(pipe: Pipe) -> Failed:
    """Pushes what comes over the pipe until that fails, and says why. Raises GoneError."""
    request = pipe.receive()
    if not isinstance(request, Request):
        raise GoneError
    push: Push | None = None
    try:
        while True:
            message = pipe.receive()
            if isinstance(message, Unit):
                if push is None:
                    if not message.key:
                        continue
                    push = Push(request.url, message, sound=request.sound)
                    size = (message.width, message.height)
                    pipe.send(Opened(message.codec, *size, 0.0, "passthrough", "pushed as it is"))
                push.show(message)
            elif isinstance(message, Sound) and push:
                push.play(message)
    except (av.FFmpegError, OSError, ValueError) as error:
        return _failed(error, accepted=push is not None)


def _failed(error: Exception, *, accepted: bool) -> Failed:
    kind: FailureKind = "ended" if accepted else "no_answer"
    text = "LiveKit Ingress ended the push"
    if isinstance(error, ConnectionRefusedError):
        kind, text = "refused", "nobody listens where LiveKit Ingress takes pushes"
    elif isinstance(error, TimeoutError | av.error.ExitError):
        kind, text = "no_answer", "LiveKit Ingress does not take the push in time"
    elif isinstance(error, av.error.InvalidDataError):
        kind, text = "protocol", "the picture cannot be pushed over RTMP"
    elif not accepted:
        text = "LiveKit Ingress does not accept the push"
    return Failed(kind, text)
