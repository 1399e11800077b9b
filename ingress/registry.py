"""All sources of this service: brought up at the start, added, removed, kept."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from config.settings import Settings
from config.source_spec import SourceSpec
from ingress.participant import check_key
from ingress.report import SourceReport
from ingress.store import Kept, SourceStore

log = logging.getLogger("pressbox.ingress")


class RoomSource(Protocol):
    """A source that is kept in a room, whatever way it goes."""

    def report(self) -> SourceReport:
        """How it is."""

    def start(self) -> None:
        """Begin; called once."""

    def wake(self) -> None:
        """Try at once what is waiting, or has stopped."""

    async def aclose(self) -> None:
        """Leave and let go of everything. Idempotent."""


Make = Callable[[SourceSpec, bool], RoomSource]
"""Makes the source of a spec; true: it came from the page."""


class ConflictError(Exception):
    """It cannot be done beside what is there already. `str()` is one line."""


class UnknownSourceError(Exception):
    """There is no such source. `str()` is one line."""


@dataclass(frozen=True, slots=True)
class _Entry:
    kept: Kept
    source: RoomSource
    fixed: bool


class Registry:
    """Owner of every source."""

    def __init__(self, settings: Settings, make: Make) -> None:
        self._settings = settings
        self._make = make
        self._store = SourceStore(settings.state_dir)
        self._entries: dict[tuple[str, str], _Entry] = {}
        self._hidden: list[Kept] = []
        self._closing: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._change = asyncio.Lock()
        self.notice = ""
        """One line about what was wrong with what was kept, for the status; "" for nothing."""

    async def start(self) -> None:
        """Brings up what the settings name and what was kept.

        Raises NoKeyError without a key for LiveKit, OSError when STATE_DIR cannot be read.
        """
        check_key(self._settings)
        async with self._change:  # whoever adds one meanwhile adds it to these
            await self._bring_back()

    async def _bring_back(self) -> None:
        kept, self.notice = await asyncio.to_thread(self._store.load)
        if self.notice:
            log.warning("%s", self.notice)
        for spec in self._settings.sources:
            self._bring_up(Kept(self._placed(spec), from_page=False), fixed=True)
        for one in kept:
            spec = self._placed(one.spec)
            if (spec.room, spec.name) in self._entries:
                log.warning("%s in %s stands in the settings too: they count", spec.name, spec.room)
                self._hidden.append(one)
            else:
                self._bring_up(Kept(spec, one.from_page), fixed=False)

    async def add(self, spec: SourceSpec, *, from_page: bool) -> SourceReport:
        """Adds a source and keeps it; does not wait for its picture. Raises ConflictError, and
        OSError when it cannot be kept.
        """
        spec = self._placed(spec)
        while True:
            async with self._change:
                closing = self._closing.get(_key(spec))
                if closing is None:
                    return await self._added(Kept(spec, from_page))
            await asyncio.wait([closing])  # two of one name would throw each other out

    async def _added(self, kept: Kept) -> SourceReport:
        spec = kept.spec
        if _key(spec) in self._entries:
            raise ConflictError(f"there is a source {spec.name} in room {spec.room} already")
        if len(self._entries) >= self._settings.sources_max:
            raise ConflictError(
                f"there are {len(self._entries)} sources: SOURCES_MAX allows no more"
            )
        await self._save([*self._kept(), kept])
        return self._bring_up(kept, fixed=False).report()

    async def remove(self, name: str, room: str = "") -> None:
        """Takes a source out of its room and forgets it. Raises UnknownSourceError, ConflictError
        for one that stands in the settings, and OSError.
        """
        async with self._change:
            key = (room or self._settings.room, name)
            entry = self._entry(*key)
            if entry.fixed:
                raise ConflictError(f"{name} stands in the settings (SOURCES): take it out there")
            await self._save([one for one in self._kept() if _key(one.spec) != key])
            del self._entries[key]
            self._closing[key] = closing = asyncio.create_task(
                entry.source.aclose(), name=f"ingress.close {name}"
            )
            closing.add_done_callback(lambda _: self._closing.pop(key, None))
        await asyncio.shield(closing)  # whoever waits for it may go; nobody else waits

    def list(self) -> list[SourceReport]:
        """A report of every source."""
        return [entry.source.report() for entry in self._entries.values()]

    def wake(self, name: str, room: str = "") -> None:
        """Tries a source at once. Raises UnknownSourceError."""
        self._entry(room or self._settings.room, name).source.wake()

    async def aclose(self) -> None:
        """Ends all of them; they stay kept. Idempotent."""
        async with self._change:
            entries, self._entries = self._entries, {}
            await asyncio.gather(*(entry.source.aclose() for entry in entries.values()))
            await asyncio.gather(*self._closing.values(), return_exceptions=True)

    def _bring_up(self, kept: Kept, *, fixed: bool) -> RoomSource:
        source = self._make(kept.spec, kept.from_page)
        self._entries[_key(kept.spec)] = _Entry(kept, source, fixed)
        source.start()
        return source

    def _placed(self, spec: SourceSpec) -> SourceSpec:
        return spec if spec.room else spec.model_copy(update={"room": self._settings.room})

    def _kept(self) -> Sequence[Kept]:
        added = [entry.kept for entry in self._entries.values() if not entry.fixed]
        return [*self._hidden, *added]

    def _entry(self, room: str, name: str) -> _Entry:
        entry = self._entries.get((room, name))
        if entry is None:
            raise UnknownSourceError(f"there is no source {name} in room {room}")
        return entry

    async def _save(self, kept: Sequence[Kept]) -> None:
        await asyncio.to_thread(self._store.save, kept)


def _key(spec: SourceSpec) -> tuple[str, str]:
    return spec.room, spec.name
