"""The source behind an http address: JPEG pictures, or a container for FFmpeg."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from config.source_address import SourceAddress
from ingress.reader.container import ContainerSource, Film
from ingress.reader.egress_policy import EgressPolicy
from ingress.reader.failures import SourceFailure, failure, from_av
from ingress.reader.http.client import HttpClient
from ingress.reader.http.media import HttpMedia
from ingress.reader.http.mjpeg import START
from ingress.reader.http.pictures import jpegs, snapshots
from ingress.reader.http.stream import HttpStream
from ingress.reader.messages import Request
from ingress.reader.read_ahead import ReadAhead
from ingress.reader.source import Contents, Piece, Source

_PATIENCE = 30
"""Seconds until the first byte of a stream: VLC encodes a keyframe each 250 pictures by itself."""

_MJPEG = ("multipart/", "video/x-motion-jpeg", "video/x-jpeg", "video/mjpeg", "video/x-mjpeg")


class Jpegs:
    """A `Source` of JPEG pictures, one behind the other, stamped as they come."""

    def __init__(
        self, client: HttpClient, stream: HttpStream, rate: float, *, snapshot: bool
    ) -> None:
        """rate: pictures a second that are asked for, where the address has one picture only."""
        self._client, self._stream, self._rate = client, stream, rate
        self._snapshot = snapshot
        self.contents = Contents("mjpeg", VideoCodecContext.create("mjpeg", "r"))

    def pictures(self) -> Iterator[bytes]:
        """JPEG pictures as they come, without end: raises SourceFailure."""
        first: HttpStream | None = self._stream
        if not self._snapshot or self._stream.length is None:
            first, count = None, 0
            try:
                for one in jpegs(self._stream):
                    count += 1
                    yield one
            except SourceFailure as over:
                # An answer that does not say how long it is may be one picture, or many.
                if not self._snapshot or over.kind != "ended" or count != 1:
                    raise
        yield from snapshots(self._client, first, self._rate)

    def pieces(self) -> Iterator[Piece]:
        """As of `Source`."""
        for picture in self.pictures():
            packet = Packet(picture)
            packet.is_keyframe = True
            yield Piece(None, packet)

    def close(self) -> None:
        """Closes all connections. Idempotent."""
        self._stream.close()
        self._client.close()


def open_http_source(
    request: Request,
    address: SourceAddress,
    policy: EgressPolicy | None,
    waits: Callable[[str], object],
) -> Source:
    """Opens what stands behind the address; waits as of `open_source`. Raises SourceFailure."""

    def found() -> Jpegs | HttpMedia:
        return open_http(request, address, policy, waits)

    def film() -> ContainerSource:
        if first:
            return first.pop()
        again = found()
        if isinstance(again, Jpegs):
            again.close()
            raise failure("protocol", address, "has no film any more")
        return _container(again, address, sound=request.sound)[0]

    media = found()
    if isinstance(media, Jpegs):
        return media
    opened, ends = _container(media, address, sound=request.sound)
    first = [opened]
    if ends:
        return ReadAhead(Film(film, loop=request.loop, start=request.start))
    return ReadAhead(opened) if opened.contents.paced else opened


def _container(
    media: HttpMedia, address: SourceAddress, *, sound: bool
) -> tuple[ContainerSource, bool]:
    """The container, and whether it has an end. Where it has none it is live, and then only HLS is
    paced: its pictures come by the segment.
    """
    try:
        container = media.open()
        ends = (container.duration or 0) > 0
        paced = ends or container.format.name == "hls"
        opened = ContainerSource(container, address, sound=sound, paced=paced, backing=media)
    except BaseException as error:
        media.close()
        if isinstance(error, (av.FFmpegError, OSError)):
            raise media.failure or from_av(error, address) from None
        raise
    return opened, ends


def open_http(
    request: Request,
    address: SourceAddress,
    policy: EgressPolicy | None = None,
    waits: Callable[[str], object] = lambda _: None,
) -> Jpegs | HttpMedia:
    """Asks for the address and gives what it has, as `open_http_source`."""
    client = HttpClient(address.url, policy=policy, headers=request.headers)
    try:
        stream = client.get()
        _await_body(stream, waits)
        what = _what(stream)
        if what == "media":
            return HttpMedia(client, stream)
        return Jpegs(client, stream, request.snapshot_rate, snapshot=what == "snapshot")
    except BaseException:
        client.close()
        raise


def _await_body(stream: HttpStream, waits: Callable[[str], object]) -> None:
    """VLC answers at once, and sends nothing before its next keyframe; after 10 s it hangs up."""
    advice = "a keyframe every second or two helps, in VLC venc=x264{keyint=25}"
    if stream.content_type.startswith(_MJPEG):
        advice = "VLC makes no JPEGs without venc=avcodec{strict=-1}"
    waited = 0
    while stream.length is None and not stream.begun(1.0) and waited < _PATIENCE:
        waited += 1
        waits(f"{stream.name} has answered, and sends nothing yet: {advice}")
    if waited and not stream.peek(1):
        raise SourceFailure("ended", f"{stream.name} has answered and sent nothing: {advice}")


def _what(stream: HttpStream) -> Literal["mjpeg", "snapshot", "media"]:
    kind = stream.content_type
    if kind.startswith(_MJPEG):
        return "mjpeg"
    if kind in ("image/jpeg", "image/jpg", "image/pjpeg"):
        return "snapshot"
    start = stream.peek(64)
    if start.startswith(START):
        return "snapshot"
    if start.lstrip().startswith(b"--") and b"#EXT" not in start:
        return "mjpeg"
    if kind == "text/html":
        raise SourceFailure("protocol", f"{stream.name} answers with a web page, not with pictures")
    return "media"
