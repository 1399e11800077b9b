"""Sources over HTTP: MJPEG and snapshots, HLS and other streams, and films."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from config.source_address import SourceAddress
from ingress.reader.container import ContainerSource, Film
from ingress.reader.failures import from_av
from ingress.reader.http import HttpSource, open_source
from ingress.reader.media import Contents, Piece, Source
from ingress.reader.messages import Request
from ingress.reader.reach import Reach
from ingress.reader.read_ahead import ReadAhead

OPTIONS = {"probesize": "2000000", "analyzeduration": "2000000", "live_start_index": "-2"}
"""The second segment from the end: with the last one alone the next comes too late half the
time."""


def open_http_source(
    request: Request, address: SourceAddress, guard: Reach | None, waits: Callable[[str], None]
) -> Source:
    """Opens what stands behind the address; waits as of `open_source`. Raises SourceFailure."""
    http = open_source(address, guard=guard, headers=request.headers, waits=waits)
    try:
        if http.what != "media":
            return Jpegs(http, request.snapshot_rate)
        opened, ends = _container(http, address, sound=request.sound)
    except BaseException:
        http.close()
        raise
    if ends:
        again = [opened]

        def open_again() -> ContainerSource:
            if again:
                return again.pop()
            new = open_source(address, guard=guard, headers=request.headers)
            return _container(new, address, sound=request.sound)[0]

        film = Film(open_again, loop=request.loop, start=request.start, same_thread=False)
        return ReadAhead(film)
    if opened.contents.paced:
        return ReadAhead(opened)
    return opened


class Jpegs:
    """A `Source` of JPEG pictures, one behind the other, stamped as they come."""

    def __init__(self, http: HttpSource, rate: float) -> None:
        """rate: pictures a second, where they are to be asked for."""
        self._http = http
        self._rate = rate
        decoder = VideoCodecContext.create("mjpeg", "r")
        self.contents = Contents("mjpeg", decoder)

    def pieces(self) -> Iterator[Piece]:
        """Pictures as they come."""
        for picture in self._http.pictures(self._rate):
            packet = Packet(picture)
            packet.is_keyframe = True
            yield Piece(None, packet)

    def close(self) -> None:
        """Closes the connection. Idempotent."""
        self._http.close()


def _container(
    http: HttpSource, address: SourceAddress, *, sound: bool
) -> tuple[ContainerSource, bool]:
    """The container, and whether it has an end. Where it has none it is live, and then only HLS is
    paced: its pictures come by the segment.
    """
    media = http.media()
    try:
        container = media.open(options=dict(OPTIONS))
        ends = (container.duration or 0) > 0
        paced = ends or container.format.name == "hls"
        opened = ContainerSource(container, address, sound=sound, paced=paced, backing=media)
    except BaseException as error:
        media.close()
        if isinstance(error, (av.FFmpegError, OSError)):
            raise media.failure or from_av(error, address) from None
        raise
    return opened, ends
