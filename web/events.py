"""What happens in a booth, in order, for any number of viewers. Pure but for the waiting."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

KEPT = 512
"""Events that are kept for those who come back, or are slow."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `number` grows by one with each; `kind`: line, words, status, alert, lost; `data`
    is a JSON object on one line.
    """

    number: int
    kind: str
    data: str


class Events:
    """The newest `KEPT` events. A slow viewer makes nobody wait: what it missed by then is told to
    it as one event `lost` with their `count`.

    An id is `EPOCH-NUMBER`; the epoch tells an older feed's ids from this one's.
    """

    def __init__(self) -> None:
        self._epoch = secrets.token_hex(4)
        self._saying: object = None
        """Id of the line that is being said, and in `_now` its start and its words so far."""
        self._now: list[Event] = []
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._news = asyncio.Event()
        self._closed = False
        self.count = 0
        """How many there were."""
        self.viewers = 0
        """Those who follow."""

    def put(self, kind: str, data: Mapping[str, object]) -> None:
        """One more."""
        event = Event(self.count + 1, kind, json.dumps(data, ensure_ascii=False))
        self._kept.append(event)
        self.count += 1
        line, phase = data.get("id"), data.get("phase")
        if phase == "start":
            self._saying, self._now = line, [event]
        elif line == self._saying and kind == "words":
            self._now[1:] = [event]
        elif line == self._saying and phase == "end":
            self.broken_off()
        self._wake()

    def id_of(self, event: Event) -> str:
        """As it stands in `id:`."""
        return f"{self._epoch}-{event.number}"

    @contextmanager
    def follow(self, last_id: str = "") -> Iterator[Follower]:
        """All events from now on; first those since `last_id` where it is ours, else the line that
        is being said, as far as it was told.
        """
        self.viewers += 1
        number = self._number(last_id)
        try:
            yield Follower(self, number or self.count, [] if number else list(self._now))
        finally:
            self.viewers -= 1

    async def since(self, number: int) -> list[Event]:
        """Those after that number, oldest first, once there is one; none after `aclose`."""
        while self.count <= number and not self._closed:
            await self._news.wait()
        missing = self.count - len(self._kept) - number
        lost = [Event(number + missing, "lost", f'{{"count": {missing}}}')] if missing > 0 else []
        wanted = min(self.count - number, len(self._kept))
        return lost + list(islice(self._kept, len(self._kept) - wanted, None))

    def broken_off(self) -> None:
        """Whoever spoke is gone: what was being said will not end."""
        self._saying, self._now = None, []

    def close(self) -> None:
        """End it for all who follow. Idempotent."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    def _number(self, last_id: str) -> int:
        """0 for an id that is not ours."""
        epoch, _, number = last_id.partition("-")
        known = epoch == self._epoch and number.isdecimal() and len(number) < 16
        return min(int(number), self.count) if known else 0


class Follower:
    """Where one viewer is."""

    def __init__(self, events: Events, number: int, first: list[Event]) -> None:
        self._events = events
        self._number = number
        self._first = first

    async def next(self) -> list[Event]:
        """What it has not had yet, once there is something; nothing when there will be no more."""
        if self._first:
            first, self._first = self._first, []
            return first
        found = await self._events.since(self._number)
        self._number += len(found) and found[-1].number - self._number
        return found
