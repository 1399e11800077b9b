"""The questions that wait, in the order in which they get their turn: fair over people. Pure.

Start-time fair queueing: each question carries the virtual time at which its turn begins, which is
one turn after the question before it of the same person. The clock of that time goes as fast as one
turn shared by all who wait and one who may come. So nobody waits for somebody else's second
question because that one came first, and a stream of newcomers keeps nobody waiting for ever.
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
class _Place:
    turn: float
    question: Question


class FairQueue:
    """Bounded in all and for each person."""

    def __init__(self) -> None:
        self._waiting: list[_Place] = []
        self._now = 0.0
        self._next: dict[str, float] = {}
        """When the next turn of a person may begin, where that is to come."""

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def askers(self) -> set[str]:
        """`Question.person` of those whose questions wait."""
        return {one.question.person for one in self._waiting}

    def put(self, question: Question) -> int:
        """Let it wait; how many turns off it is, 1 for the next one. Raises QueueFullError."""
        if len(self._of(question.person)) >= EACH:
            raise QueueFullError(f"{EACH} questions of yours are waiting already")
        if len(self._waiting) >= MOST:
            raise QueueFullError(f"{MOST} questions are waiting already, please ask again later")
        turn = max(self._now, self._next.get(question.person, 0.0))
        self._next[question.person] = turn + 1.0
        place = _Place(turn, question)
        bisect.insort(self._waiting, place, key=lambda one: one.turn)
        return self._waiting.index(place) + 1

    def take(self) -> Question | None:
        """The next one's turn has come, and the one before is over; None where nobody waits."""
        if not self._waiting:
            return None
        shared_by = len(self.askers) + 1
        first = self._waiting.pop(0)
        self._now = max(self._now + 1.0 / shared_by, first.turn)
        self._next = {who: turn for who, turn in self._next.items() if turn > self._now}
        return first.question

    def take_back(self, asker: str, question_id: str = "") -> list[Question]:
        """Remove what that person asked, or the one question of that id, and return it. What that
        person asked later moves up.
        """
        places = self._of(asker)
        back = [one.question for one in places if question_id in ("", one.question.id)]
        kept = [one.question for one in places if one.question not in back]
        for place, question in zip(places, kept, strict=False):
            place.question = question
        free = places[len(kept) :]
        if free:
            self._waiting = [one for one in self._waiting if one not in free]
            self._next[asker] = free[0].turn
        return back

    def _of(self, asker: str) -> list[_Place]:
        return [one for one in self._waiting if one.question.person == asker]
