"""What stands behind an http address: pictures, or a container for FFmpeg."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from config.source_address import SourceAddress
from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient
from ingress.reader.http.connections import READ_TIMEOUT
from ingress.reader.http.jpeg import START
from ingress.reader.http.media import HttpMedia
from ingress.reader.http.pictures import jpegs, snapshots, stream_or_snapshots
from ingress.reader.http.stream import HttpStream
from ingress.reader.reach import Reach

What = Literal["mjpeg", "snapshot", "media"]

_PATIENCE = 30.0
"""Seconds until the first byte of a stream: VLC encodes a keyframe each 250 pictures by itself."""

_LOOK = 0.0625
_MJPEG = ("multipart/", "video/x-motion-jpeg", "video/x-jpeg", "video/mjpeg", "video/x-mjpeg")


class HttpSource:
    """An open source. what: `mjpeg` and `snapshot` give `pictures()`, `media` gives `media()`."""

    def __init__(self, client: HttpClient, stream: HttpStream) -> None:
        self._client = client
        self._stream = stream
        self.what: What = _what(stream)

    def pictures(self, rate: float) -> Iterator[bytes]:
        """JPEG pictures as they come, without end: raises SourceFailure.

        rate: pictures a second of a snapshot.
        """
        if self.what == "mjpeg":
            return jpegs(self._stream)
        if self._stream.length is None:
            return stream_or_snapshots(self._client, self._stream, rate)
        return snapshots(self._client, self._stream, rate)

    def media(self) -> HttpMedia:
        """What opens the container, and is to be closed then. Once."""
        return HttpMedia(self._client, self._stream)

    def close(self) -> None:
        """Closes all connections. Idempotent."""
        self._stream.close()
        self._client.close()


def open_source(
    address: SourceAddress | str,
    *,
    guard: Reach | None = None,
    headers: Mapping[str, str] | None = None,
    waits: Callable[[str], None] = lambda _: None,
    timeout: float = READ_TIMEOUT,
) -> HttpSource:
    """Asks for the address and says what it has; parameters as of HttpClient. Raises
    SourceFailure. waits: told each second why nothing comes, where the server has answered.
    """
    client = HttpClient(address, guard=guard, headers=headers, timeout=timeout)
    try:
        stream = client.get()
        _await_body(stream, waits)
        return HttpSource(client, stream)
    except BaseException:
        client.close()
        raise


def _await_body(stream: HttpStream, waits: Callable[[str], None]) -> None:
    """VLC answers at once, and sends nothing before its next keyframe; after 10 s it hangs up."""
    name, waited = stream.name, 0.0
    advice = "a keyframe every second or two helps, in VLC venc=x264{keyint=25}"
    if stream.content_type.startswith(_MJPEG):
        advice = "VLC makes no JPEGs without venc=avcodec{strict=-1}"
    while not stream.begun and stream.length is None and waited < _PATIENCE:
        time.sleep(_LOOK)
        waited += _LOOK
        if waited % 1.0 < _LOOK:
            waits(f"{name} has answered, and sends nothing yet: {advice}")
    if waited and not stream.peek(1):
        raise SourceFailure("ended", f"{name} has answered and sent nothing: {advice}")


def _what(stream: HttpStream) -> What:
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
