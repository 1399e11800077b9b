"""Sources over HTTP: MJPEG and snapshots, HLS and other streams, and films."""

from __future__ import annotations

from collections.abc import Callable

import av

from config.source_address import SourceAddress
from ingress.reader.container import ContainerSource, Film
from ingress.reader.failures import failure, from_av
from ingress.reader.http import HttpMedia, Jpegs, open_source
from ingress.reader.media import Source
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

    def again() -> Jpegs | HttpMedia:
        return open_source(
            address,
            rate=request.snapshot_rate,
            guard=guard,
            headers=request.headers,
            waits=waits,
        )

    found = again()
    if isinstance(found, Jpegs):
        return found
    opened, ends = _container(found, address, sound=request.sound)
    if ends:
        first = [opened]

        def open_film() -> ContainerSource:
            if first:
                return first.pop()
            found = again()
            if isinstance(found, Jpegs):
                found.close()
                raise failure("protocol", address, "has no film any more")
            return _container(found, address, sound=request.sound)[0]

        film = Film(open_film, loop=request.loop, start=request.start, same_thread=False)
        return ReadAhead(film)
    if opened.contents.paced:
        return ReadAhead(opened)
    return opened


def _container(
    media: HttpMedia, address: SourceAddress, *, sound: bool
) -> tuple[ContainerSource, bool]:
    """The container, and whether it has an end. Where it has none it is live, and then only HLS is
    paced: its pictures come by the segment.
    """
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
