"""A booth in this process, for viewers by HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from prometheus_client.core import Metric

from agent.booth import Booth
from agent.picture.hold import Packet
from agent.room.audience import Person
from agent.room.chosen import choose
from agent.sound.sound_track import Name
from agent.surroundings import Surroundings
from config.log import always
from config.room_state import RoomState
from config.settings import Settings
from ingress.report import SourceReport
from web.ducking import Ducking
from web.events import Events
from web.feed import CallError, viewers
from web.pictures import Pictures, Size, jpeg
from web.sound import Sound
from web.standalone.room import VIEWERS, LocalRoom
from web.standalone.source import LocalSource, Open
from web.standalone.tracks import LocalPicture, LocalSound, Screen

log = logging.getLogger("web.standalone")


class StandaloneFeed:
    """A `Feed` and the owner of its booth; also `Feeds`, with this one room, which stays open."""

    def __init__(self, settings: Settings, source: str, read: Open) -> None:
        """`source`: what the source is called; `read()` opens it."""
        self.room = settings.room
        self._settings = settings
        self._name = source
        self._read = read
        self._screen = Screen(lambda *shown: self.pictures.push(*shown), log.warning)
        self.pictures = Pictures(self._seen)
        self.sound = Sound()
        self.events = Events()
        self._ducking = Ducking()
        self._local = LocalRoom(
            self.room, self.events, lambda: self.events.put("status", self.status)
        )
        self._source: LocalSource | None = None
        self._booth: Booth | None = None

    async def start(self) -> None:
        """Begin to watch and to commentate."""
        always(room=self.room)
        state = RoomState(self._settings.state_dir, self.room)
        saved = await asyncio.to_thread(state.load)
        chosen = choose(self._settings.room_settings(), "", saved)
        for problem in chosen.problems:
            log.warning("%s", problem)
        self._screen.start()
        self._booth = Booth(self._surroundings(), self._settings, chosen, state=state)
        await self._booth.start()

    @property
    def report(self) -> SourceReport | None:
        """What its reader says of the source; None before it was tried."""
        found = self._source.report if self._source else None
        return found and replace(found, name=self._name)

    @property
    def status(self) -> Mapping[str, object]:
        """See `Feed`. capture: ok, lost; what the source does: source_state, source_error."""
        report = self.report
        return {
            "engine": "starting",
            "source": self._name,
            **self._local.status,
            "room": self.room,
            "livekit": "none",
            "commentator": self._local.identity,
            "capture": "lost" if self._local.status.get("lost", True) else "ok",
            "source_state": report.state if report else "connecting",
            "source_error": report.error if report else "",
        }

    def collect(self) -> Iterable[Metric]:
        """For Prometheus: what the booth counts."""
        return self._booth.metrics.registry.collect() if self._booth else ()

    async def live(self, width: int, height: int, quality: int) -> bytes:
        """See `Feed`."""
        newest = self._source.newest if self._source else None
        if newest is None or self.status["capture"] == "lost":
            raise CallError(503, f"no live picture comes from {self._name}")
        return await asyncio.to_thread(jpeg, newest.i420, Size(width, height, quality))

    async def call(self, method: str, payload: str, name: str) -> str:
        """See `Feed`."""
        return await self._local.call(method, payload, name)

    @property
    def open(self) -> Mapping[str, StandaloneFeed]:
        """See `Feeds`."""
        return {self.room: self}

    @asynccontextmanager
    async def watch(self, room: str) -> AsyncIterator[StandaloneFeed]:
        """See `Feeds`."""
        if room not in ("", self.room):
            raise CallError(404, f"there is no room but {self.room} here")
        yield self

    async def aclose(self) -> None:
        """End the booth, and what viewers have of it. Idempotent."""
        if self._booth:
            await self._booth.aclose()
        await self._screen.aclose()
        self.events.close()
        await asyncio.gather(self.pictures.aclose(), self.sound.aclose())

    def _seen(self, wanted: bool) -> None:
        self._screen.want(wanted)
        if not wanted:
            self.pictures.forget()  # the next one to look would see what is long over

    def _surroundings(self) -> Surroundings:
        async def picture(_: str, first: Packet) -> LocalPicture:
            return LocalPicture(self._screen, first.codec)

        async def sound(name: Name, rate: int, queue_ms: int) -> LocalSound:
            return LocalSound(self.sound, self._ducking, name, rate, queue_ms)

        def source(**to: Any) -> LocalSource:
            self._source = LocalSource(self._name, self._read, **to)
            return self._source

        def people() -> list[Person]:
            here = viewers(self)
            return [Person(VIEWERS, machine=False, viewers=here)] if here else []

        return Surroundings(self._local, source, picture, sound, people)
