"""A source without any room: decoded pictures and sound for a booth that has no LiveKit."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Self

from config.settings import Settings
from config.source_address import SourceAddress
from ingress.reader.messages import RawPicture, Request, Sound
from ingress.reader.process import ReaderProcess
from ingress.report import SourceReport
from ingress.supervisor import Start, Supervisor

Piece = RawPicture | Sound | SourceReport

PICTURES, SOUNDS = 4, 100
"""Pieces that wait for somebody who is slow; then the oldest is left out."""

STALL_AFTER = 3.0


class StandaloneSource:
    """Reads an address while it is entered. Iterating gives pictures and sound as they come, and a
    report whenever the state changes.

    It never ends by itself: a source that goes away comes back, a file begins again.
    """

    def __init__(
        self,
        address: SourceAddress,
        settings: Settings,
        start_reader: Start = ReaderProcess.start,
    ) -> None:
        self._base = SourceReport(address.safe, "", address.safe, "standalone")
        self._pictures: deque[RawPicture] = deque(maxlen=PICTURES)
        self._sounds: deque[Sound] = deque(maxlen=SOUNDS)
        self._reports: deque[SourceReport] = deque(maxlen=PICTURES)
        self._news = asyncio.Event()
        self._skipped = 0
        self._said: tuple[object, ...] = ()
        self._supervisor = Supervisor(
            Request(address.url, output="raw", networks=settings.source_networks),
            stall_after=STALL_AFTER,
            changed=self._changed,
            show_raw=self._take,
            play=self._play,
            start_reader=start_reader,
        )

    async def __aenter__(self) -> Self:
        self._supervisor.start(self._base.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._supervisor.aclose()

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
        report = self._supervisor.report(self._base)
        return replace(report, skipped=report.skipped + self._skipped)

    def _take(self, picture: RawPicture) -> None:
        self._skipped += len(self._pictures) == PICTURES
        self._pictures.append(picture)
        self._news.set()

    def _play(self, sound: Sound) -> None:
        self._sounds.append(sound)
        self._news.set()

    def _changed(self) -> None:
        report = self.report()
        said = (report.state, report.error, report.width, report.height, report.frozen)
        if said != self._said:
            self._said = said
            self._reports.append(report)
            self._news.set()
