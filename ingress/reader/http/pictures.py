"""Streams of JPEG pictures: MJPEG in its forms, and a snapshot address that is asked again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator

from ingress.reader.failures import SourceFailure
from ingress.reader.http.client import HttpClient
from ingress.reader.http.mjpeg import LONGEST_PICTURE, START, JpegParser, PictureEnd
from ingress.reader.http.stream import HttpStream

_PREAMBLE = 1024 * 1024
_DRAINING = 0.5

_SPREAD = 0.3
"""Seconds over which a burst is spread: VLC sends four pictures together."""

_BURST = 12
_PAUSE = 1.0
"""Seconds without a picture that say nothing of the rate."""

_FAILURES = 3
_PATIENCE = 30.0
"""Seconds that a server may ask us to wait."""

_REPEAT = 1.0
"""Seconds after which the last snapshot comes again: a slow camera is no stall."""


def jpegs(stream: HttpStream) -> Iterator[bytes]:
    """The pictures of an MJPEG stream, or of pictures one after the other, evenly.

    Where the reader is slow, only the newest of those that are due counts. Never ends by itself:
    raises SourceFailure, `ended` where the server closes.
    """
    parser, even = JpegParser(), _Even()
    waiting: deque[tuple[float, bytes]] = deque(maxlen=_BURST)
    while True:
        waiting.extend((even.due(time.monotonic()), one) for one in _read(stream, parser))
        if parser.passed > _PREAMBLE:
            raise SourceFailure("codec", f"{stream.name} sends no JPEG pictures")
        while waiting:
            due, one = waiting.popleft()
            if waiting and waiting[0][0] <= time.monotonic():
                continue
            time.sleep(max(0.0, due - time.monotonic()))
            yield one
            if stream.waits():
                break


class _Even:
    """When pictures that came in a burst are due."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=30)
        self._due = 0.0

    def due(self, now: float) -> float:
        """For a picture that came now; at most _SPREAD later."""
        times = self._times
        if times and now - times[-1] > _PAUSE:
            times.clear()
        times.append(now)
        # A little less than the usual interval, so that what came late does not stay late.
        step = 0.9 * (now - times[0]) / max(1, len(times) - 1)
        self._due = min(max(self._due + step, now), now + _SPREAD)
        return self._due


def _read(stream: HttpStream, parser: JpegParser) -> list[bytes]:
    """The pictures in all that has come already, the newest of them, and no longer than _DRAINING
    where the server sends as fast as this reads.
    """
    ends, found = time.monotonic() + _DRAINING, list[bytes]()
    while True:
        data = stream.read()
        if not data and not found:
            raise SourceFailure("ended", f"{stream.name} closed the connection")
        found = [*found, *parser.feed(data)][-_BURST:]
        # The end is met again with the next reading.
        if not data or time.monotonic() > ends or not stream.waits():
            return found


def snapshots(client: HttpClient, first: HttpStream | None, rate: float) -> Iterator[bytes]:
    """Pictures of an address that answers with one picture, asked again `rate` times a second.

    A failure now and then is passed over, and the server's wish for a pause respected. first: the
    answer that came already. Raises SourceFailure: the third failure in a row, and what no patience
    mends.
    """
    last, tag, has_end = b"", "", False
    answer, failures, due = first, 0, time.monotonic()
    while True:
        due = max(due + 1 / rate, time.monotonic())
        try:
            answer = answer or client.get(None, {"If-None-Match": tag} if tag else None)
            if answer.status == 304:
                answer.drain()
            else:
                last, has_end = _whole(answer, has_end)
                tag = answer.header("etag")
            failures = 0
            yield last
        except SourceFailure as over:
            failures += 1
            if failures == _FAILURES or over.kind in ("auth", "forbidden"):
                raise
            due = max(due, time.monotonic() + min(over.retry_after, _PATIENCE))
        answer = None
        while (rest := due - time.monotonic()) > _REPEAT:
            time.sleep(_REPEAT)
            if last:
                yield last
        time.sleep(max(0.0, rest))


def _whole(answer: HttpStream, had_end: bool) -> tuple[bytes, bool]:
    """A snapshot, and whether it or one before it has an end. Raises SourceFailure."""
    data = answer.read_all(LONGEST_PICTURE)
    if not data.startswith(START):
        raise SourceFailure("codec", f"{answer.name} sends something that is no JPEG")
    end = PictureEnd()
    has_end = end.find(bytearray(data)) is not None and not end.cut
    # Some cameras never send an end; with others it is torn.
    if not end.has_scan or (had_end and not has_end):
        raise SourceFailure("codec", f"{answer.name} sends a picture that is cut off")
    return data, had_end or has_end
