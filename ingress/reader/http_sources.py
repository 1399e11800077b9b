"""Sources over HTTP: MJPEG and snapshots, HLS and other streams, and films."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext

from config.source_address import SourceAddress
from ingress.reader.container import ContainerSource, Film
from ingress.reader.failures import SourceFailure, from_av
from ingress.reader.http import HttpSource, open_source
from ingress.reader.http.multipart import Jpeg
from ingress.reader.media import Contents, Piece, Source
from ingress.reader.messages import Request
from ingress.reader.reach import Reach
from ingress.reader.read_ahead import ReadAhead

OPTIONS = {"probesize": "2000000", "analyzeduration": "2000000", "live_start_index": "-2"}
"""The second segment from the end: with the last one alone the next comes too late half the
time."""


def open_http_source(request: Request, address: SourceAddress, guard: Reach | None) -> Source:
    """Opens what stands behind the address. Raises SourceFailure."""
    http = open_source(address, guard=guard)
    try:
        if http.what != "media":
            return Jpegs(http)
        opened = _Media(http, address, sound=request.sound)
    except BaseException:
        http.close()
        raise
    if opened.ends:
        again = [opened]

        def open_again() -> ContainerSource:
            if again:
                return again.pop()
            return _Media(open_source(address, guard=guard), address, sound=request.sound)

        return ReadAhead(Film(open_again, loop=request.loop, start=request.start))
    if opened.contents.paced:
        return ReadAhead(opened)
    return opened


class Jpegs:
    """A `Source` of JPEG pictures, one behind the other, stamped as they come."""

    def __init__(self, http: HttpSource) -> None:
        self._http = http
        decoder = VideoCodecContext.create("mjpeg", "r")
        self.contents = Contents("mjpeg", decoder)

    def pieces(self) -> Iterator[Piece]:
        """Pictures as they come."""
        for picture in self._http.pictures():
            if isinstance(picture, Jpeg):
                packet = Packet(picture.data)
                packet.is_keyframe = True
                yield Piece(None, packet)

    def close(self) -> None:
        """Closes the connection. Idempotent."""
        self._http.close()


class _Media(ContainerSource):
    """A container over HTTP. Where it has no end it is live, and then only HLS is paced: its
    pictures come by the segment.
    """

    def __init__(self, http: HttpSource, address: SourceAddress, *, sound: bool) -> None:
        self._http = http
        self._media = http.media()
        try:
            container = self._media.open(options=dict(OPTIONS))
        except (av.FFmpegError, OSError) as error:
            raise self._media.failure or from_av(error, address) from None
        self.ends = (container.duration or 0) > 0
        paced = self.ends or container.format.name == "hls"
        super().__init__(container, address, sound=sound, paced=paced)

    def packets(self) -> Iterator[Packet]:  # type: ignore[type-arg]
        """As in `ContainerSource`; what HTTP says of an error goes before what FFmpeg says."""
        try:
            yield from super().packets()
        except SourceFailure as over:
            raise self._media.failure or over from None
        if self._media.failure:
            raise self._media.failure

    def close(self) -> None:
        """Closes container and connections. Idempotent."""
        super().close()
        self._http.close()
