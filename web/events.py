"""What happens in a booth, in order, for any number of viewers. Pure but for the waiting."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

KEPT = 512
"""Events that are kept for those who come back, or are slow."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `number` grows by one with each; `kind`: line, words, status, alert, lost."""

    number: int
    kind: str
    data: Mapping[str, object]


class Events:
    """The newest `KEPT` events. A slow viewer makes nobody wait: what it missed by then is told to
    it as one event `lost` with their `count`.

    An id is `EPOCH-NUMBER`; the epoch tells an older feed's ids from this one's.
    """

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._next = 1
        self._news = asyncio.Event()
        self.viewers = 0
        """Those who follow."""

    def put(self, kind: str, data: Mapping[str, object]) -> None:
        """One more."""
        self._kept.append(Event(self._next, kind, data))
        self._next += 1
        self._news.set()
        self._news = asyncio.Event()

    def id_of(self, event: Event) -> str:
        """As it stands in `id:`."""
        return f"{self._epoch}-{event.number}"

    async def follow(self, last_id: str = "") -> AsyncIterator[Event]:
        """All events from now on, for ever; those since `last_id` first, where it is ours."""
        after = self._number(last_id)
        self.viewers += 1
        try:
            while True:
                news = self._news
                for event in [one for one in self._kept if one.number > after]:
                    if event.number > after + 1:
                        yield Event(event.number - 1, "lost", {"count": event.number - after - 1})
                    after = event.number
                    yield event
                    if self._kept[0].number > after + 1:
                        break  # it was slow: what follows in this copy may be gone
                if after == self._next - 1:
                    await news.wait()
        finally:
            self.viewers -= 1

    def _number(self, last_id: str) -> int:
        epoch, _, number = last_id.partition("-")
        known = epoch == self._epoch and number.isdecimal() and len(number) < 16
        return min(int(number), self._next - 1) if known else self._next - 1
