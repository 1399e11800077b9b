"""Streams of JPEG pictures: MJPEG in its forms, and a snapshot address that is asked again."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient
from ingress.reader.http.jpeg import START
from ingress.reader.http.multipart import LONGEST_PICTURE, Jpeg, JpegParser
from ingress.reader.http.stream import HttpStream

PICTURE_TIMEOUT = 15.0
"""Seconds that a picture may take to come."""

_PREAMBLE = 1024 * 1024
_DRAINED_AT_ONCE = 32 * 1024 * 1024
_DRAINING = 0.5


def jpegs(stream: HttpStream, *, newest: bool = True) -> Iterator[Jpeg]:
    """The pictures of an MJPEG stream, or of pictures one after the other.

    newest: where several complete pictures wait because the reader was slow, only the last of them
    counts. Never ends by itself: raises SourceFailure, `ended` where the server closes.
    """
    parser = JpegParser()
    seen = False
    ends = time.monotonic() + PICTURE_TIMEOUT
    while True:
        data = stream.read()
        if not data:
            raise SourceFailure("ended", f"{stream.name} closed the connection")
        found = parser.feed(data)
        if not found:
            if time.monotonic() > ends:
                raise SourceFailure("no_answer", f"{stream.name} sends too slowly for a picture")
            if not seen and parser.passed > _PREAMBLE:
                raise SourceFailure("codec", f"{stream.name} sends no JPEG pictures")
            continue
        seen = True
        yield from _newest(stream, parser, found[-1]) if newest else found
        ends = time.monotonic() + PICTURE_TIMEOUT


def _newest(stream: HttpStream, parser: JpegParser, last: Jpeg) -> Iterator[Jpeg]:
    """The last picture of all that has come already. Bounded, in bytes and in time, where the
    server sends as fast as this reads.
    """
    ends = time.monotonic() + _DRAINING
    left = _DRAINED_AT_ONCE
    while left > 0 and stream.waits and time.monotonic() < ends:
        data = stream.read()
        if not data:
            break  # the end is met again with the next reading
        left -= len(data)
        found = parser.feed(data)
        last = found[-1] if found else last
    yield last


def stream_or_snapshots(
    client: HttpClient, first: HttpStream, *, newest: bool = True, rate: float = 5.0
) -> Iterator[Jpeg]:
    """Of an answer that does not say how long it is: one picture, then it is a snapshot, or many.

    Parameters and errors as of `jpegs` and `snapshots`.
    """
    count = 0
    try:
        for one in jpegs(first, newest=newest):
            count += 1
            yield one
    except SourceFailure as over:
        if over.kind != "ended" or count != 1:
            raise
    yield from snapshots(client, client.get(), rate=rate)


def snapshots(client: HttpClient, first: HttpStream, *, rate: float = 5.0) -> Iterator[Jpeg]:
    """Pictures of an address that answers with one picture, asked again `rate` times a second.

    Where the server says that nothing has changed the last picture comes again, marked so.
    first: the answer that came already. Raises SourceFailure.
    """
    place, answer = client.first, first
    due = time.monotonic()
    last: Jpeg | None = None
    tag = ""
    while True:
        if answer.status == 304 and last is not None:
            answer.drain()
            last = Jpeg(last.data, last.headers, changed=False)
        else:
            tag = answer.header("etag") or ""
            data = answer.read_all(LONGEST_PICTURE)
            if not data.startswith(START):
                raise SourceFailure("codec", f"{answer.name} sends something that is no JPEG")
            last = Jpeg(data, {}, changed=last is None or last.data != data)
        yield last
        due = max(due + 1 / rate, time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))
        answer = client.get(place, {"If-None-Match": tag} if tag else None)
