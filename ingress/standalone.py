"""A source without any room: decoded pictures and sound for a booth that has no LiveKit."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config.settings import Settings
from config.source_address import SourceAddress
from ingress.reader.messages import Order, RawPicture, Request, Sound, Unit
from ingress.reader.process import ReaderProcess
from ingress.reading import Reading, Start
from ingress.report import SourceReport

Piece = RawPicture | Sound | SourceReport

PICTURES, SOUNDS = 4, 100
"""Pieces that wait for somebody who is slow; then the oldest is left out."""

STALL_AFTER = 3.0


class OpenSource:
    """Iterating gives pictures and sound as they come, and a report whenever the state changes.

    It never ends by itself: a source that goes away comes back.
    """

    def __init__(self, reading: Reading, address: SourceAddress) -> None:
        self._reading = reading
        self._address = address
        self._pictures: deque[RawPicture] = deque(maxlen=PICTURES)
        self._sounds: deque[Sound] = deque(maxlen=SOUNDS)
        self._reports: deque[SourceReport] = deque(maxlen=PICTURES)
        self._news = asyncio.Event()
        self._skipped = 0
        self._said: tuple[object, ...] = ()
        self._unix = time.time() - time.monotonic()

    def __aiter__(self) -> AsyncIterator[Piece]:
        return self

    async def __anext__(self) -> Piece:
        while True:
            for waiting in (self._reports, self._sounds, self._pictures):
                if waiting:
                    return waiting.popleft()
            self._news.clear()
            await self._news.wait()

    def report(self) -> SourceReport:
        """How it is now."""
        reading, life = self._reading, self._reading.lifecycle
        opened = reading.opened
        fps, _ = reading.watchdog.rates(time.monotonic())
        return SourceReport(
            name=self._address.safe,
            room="",
            url=self._address.safe,
            via="standalone",
            state=life.state,
            reason=life.reason,
            error=life.error,
            codec=opened.codec if opened else "",
            sound=opened.sound if opened else "",
            width=reading.size[0],
            height=reading.size[1],
            fps=round(fps, 1),
            since=round(life.since + self._unix, 3),
            reconnects=life.reconnects,
            next_try=round(life.next_try + self._unix, 3) if life.next_try else 0.0,
            frozen=round(reading.note.frozen + self._unix, 3) if reading.note.frozen else 0.0,
            skipped=reading.skipped + self._skipped,
            frames=reading.frames,
            byte_count=reading.byte_count,
        )

    def take(self, piece: RawPicture | Sound) -> None:
        """Keep a piece for whoever iterates."""
        if isinstance(piece, Sound):
            self._sounds.append(piece)
        else:
            self._skipped += len(self._pictures) == PICTURES
            self._pictures.append(piece)
        self._news.set()

    def changed(self) -> None:
        """Tell whoever iterates how it is, if that is new."""
        report = self.report()
        said = (report.state, report.error, report.width, report.height, report.frozen)
        if said != self._said:
            self._said = said
            self._reports.append(report)
            self._news.set()

    def wake(self) -> None:
        """Try at once what is waiting, or is over."""
        self._reading.wake()


class _Hearing:
    """Hears a reading and keeps what comes for whoever iterates."""

    def __init__(self) -> None:
        self.source: OpenSource | None = None

    def picture(self, picture: Unit | RawPicture) -> None:
        if self.source and isinstance(picture, RawPicture):
            self.source.take(picture)

    async def sound(self, sound: Sound) -> None:
        if self.source:
            self.source.take(sound)

    def changed(self) -> None:
        if self.source:
            self.source.changed()

    def wishes(self) -> Order:
        return Order()


@asynccontextmanager
async def open_source(
    address: SourceAddress,
    settings: Settings,
    *,
    sound: bool = True,
    loop: bool = True,
    start_reader: Start = ReaderProcess.start,
) -> AsyncIterator[OpenSource]:
    """Reads this address until the block is left; address as from `config.source_address.parse`."""
    request = Request(
        url=address.url,
        sound=sound,
        loop=loop,
        output="raw",
        networks=settings.source_networks,
    )
    ends = address.kind == "file" and not loop
    hearing = _Hearing()
    reading = Reading(
        request, hearing, stall_after=STALL_AFTER, ends=ends, start_reader=start_reader
    )
    source = hearing.source = OpenSource(reading, address)
    reading.start(address.safe)
    try:
        yield source
    finally:
        await reading.aclose()
