"""Which of several engines gets the next request. Pure.

Many clients share the same engines without knowing of one another, so nothing here is exact: each
adds what an engine said of its load to what it has asked of it itself, and where engines are equal
stays with the one that it used last, which remembers its pictures and its persona.

What engines say is some seconds old, and all clients hear the same: if all went to the idle one at
once, it would be the busy one next. So the first engine is drawn by lot, waits are shortened by
lot, and of the clients of an engine with load a only the part (a - b) / 2a, drawn by lot, moves to
one with load b, which makes both equal. A request that is urgent goes to the least busy at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

LOOK_EVERY = 2.0
"""Seconds between two looks at the engines' load."""
LOAD_KEPT = 3 * LOOK_EVERY
"""Seconds for which what an engine said of its load counts."""
DOWN_FIRST = 1.0
DOWN_MAX = 10.0
"""Seconds until an engine that failed is looked at again: doubled each time, up to the last."""
JITTER = 0.2
"""Largest part by which such a wait is shortened."""


@dataclass(slots=True)
class Seat:
    """What one client knows of one engine. Times are monotonic seconds.

    Attributes:
        own: Requests of this client that are under way.
        others: Requests of others, as the engine said at ``looked_at``.
        failures: In a row; 0 means that it is believed to be up.
        look_after: When it may be looked at again.
    """

    own: int = 0
    others: int = 0
    looked_at: float = 0.0
    failures: int = 0
    look_after: float = 0.0

    @property
    def up(self) -> bool:
        return self.failures == 0

    def busy(self, now: float) -> int:
        """Requests under way, as far as one can know."""
        return self.own + (self.others if now - self.looked_at <= LOAD_KEPT else 0)


class EnginePool:
    """Keeps a seat for each of ``count`` engines, in the order in which they were named."""

    def __init__(self, count: int, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()
        self.seats = [Seat() for _ in range(count)]
        self.last = self._rng.randrange(count)

    def order(self, now: float, *, urgent: bool = False) -> list[int]:
        """The engines, the one to ask first before all; those that failed come last."""
        count = len(self.seats)

        def rank(index: int) -> tuple[bool, int, int]:
            seat = self.seats[index]
            return (not seat.up, seat.busy(now), (index - self.last) % count)

        ranked = sorted(range(count), key=rank)
        if not urgent and self._stays(ranked[0], now):
            ranked.remove(self.last)
            ranked.insert(0, self.last)
        return ranked

    def _stays(self, best: int, now: float) -> bool:
        """Whether a request goes where the last one went, although another engine is less busy."""
        seat = self.seats[self.last]
        if best == self.last or not seat.up or seat.own:
            return False
        mine, other = seat.busy(now), self.seats[best].busy(now)
        return self._rng.random() >= (mine - other) / (2 * mine)

    def due(self, now: float) -> list[int]:
        """The engines that should be looked at now; they then count as looked at."""
        due = [index for index, seat in enumerate(self.seats) if now >= seat.look_after]
        for index in due:
            self.seats[index].look_after = now + LOOK_EVERY
        return due

    def started(self, index: int) -> None:
        """A request leaves for this engine; ``ended`` must follow."""
        self.seats[index].own += 1

    def ended(self, index: int) -> None:
        self.seats[index].own -= 1

    def reached(self, index: int) -> None:
        """It is there."""
        self.seats[index].failures = 0

    def answered(self, index: int, *, urgent: bool = False) -> None:
        """It serves: the next request comes to it too, unless that one was an exception."""
        self.seats[index].failures = 0
        if not urgent:
            self.last = index

    def passed_over(self, index: int) -> None:
        """It let a request wait in vain: where others are as good as it, they come first."""
        self.last = (index + 1) % len(self.seats)

    def seen(self, index: int, busy: int, now: float) -> None:
        """It answered a look, and said that ``busy`` requests are under way, ours among them."""
        seat = self.seats[index]
        seat.failures, seat.looked_at = 0, now
        seat.others = max(0, busy - seat.own)

    def failed(self, index: int, now: float) -> None:
        """It is not there, or will not serve: the others come first until it is seen again."""
        seat = self.seats[index]
        seat.failures += 1
        wait = min(DOWN_MAX, DOWN_FIRST * 2.0 ** min(seat.failures - 1, 16))
        seat.look_after = now + wait * (1.0 - JITTER * self._rng.random())


def one_answer(values: Sequence[bool | None]) -> bool | None:
    """What all agree on, None where they do not."""
    return values[0] if values and all(value == values[0] for value in values) else None
