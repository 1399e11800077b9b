"""The questions that wait, in the order in which they get their turn: fair over people. Pure.

Start-time fair queueing: each question carries the virtual time at which its turn begins, which is
one turn after the question before it of the same person. The clock of that time goes as fast as one
turn shared by all who wait. So nobody waits for somebody else's second question because that one
came first, and a stream of newcomers cannot keep anybody waiting for ever.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

from agent.room.questions.question import Question

MOST = 16
"""Questions that may wait."""

EACH = 3
"""Questions of one person that may wait."""


class QueueFullError(Exception):
    """There is no place for the question; the text says why, to whoever asked."""


@dataclass(slots=True, eq=False)
class _Waiting:
    question: Question
    turn: float
    number: int

    @property
    def order(self) -> tuple[float, int]:
        return self.turn, self.number


class FairQueue:
    """Bounded in all and for each person."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._now = 0.0
        self._number = 0
        self._served = ""
        """Whose question is being answered, or was last."""
        self._next: dict[str, float] = {}
        """When the next turn of a person may begin, where that is to come."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def askers(self) -> set[str]:
        """Identities of those whose questions wait."""
        return {one.question.asker for one in self._waiting}

    def put(self, question: Question) -> int:
        """Let it wait; how many turns off it is, 1 for the next one. Raises QueueFullError."""
        if len(self._of(question.asker)) >= EACH:
            raise QueueFullError(f"{EACH} questions of yours are waiting already")
        if len(self._waiting) >= MOST:
            raise QueueFullError(f"{MOST} questions are waiting already, please ask again later")
        turn = max(self._now, self._next.get(question.asker, 0.0))
        self._next[question.asker] = turn + 1.0
        self._number += 1
        place = _Waiting(question, turn, self._number)
        bisect.insort(self._waiting, place, key=lambda one: one.order)
        return self._waiting.index(place) + 1

    def take(self) -> Question | None:
        """The next one's turn has come, and the one before is over; None where nobody waits."""
        if not self._waiting:
            self._now = 0.0
            self._next.clear()
            return None
        self._now += 1.0 / len(self.askers | {self._served})
        first = self._waiting.pop(0)
        self._now = max(self._now, first.turn)
        self._served = first.question.asker
        self._next = {who: turn for who, turn in self._next.items() if turn > self._now}
        return first.question

    def take_back(self, asker: str, question_id: str = "") -> list[Question]:
        """Remove what that person asked, or the one question of that id, and return it. What that
        person asked later moves up.
        """
        of_asker = self._of(asker)
        turns = [one.turn for one in of_asker]
        back = [one for one in of_asker if question_id in ("", one.question.id)]
        self._waiting = [one for one in self._waiting if one not in back]
        for one, turn in zip(self._of(asker), turns, strict=False):
            one.turn = turn
        if back:
            self._next[asker] = turns[-len(back)]
            self._waiting.sort(key=lambda one: one.order)
        return [one.question for one in back]

    def _of(self, asker: str) -> list[_Waiting]:
        return [one for one in self._waiting if one.question.asker == asker]
