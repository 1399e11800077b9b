"""The state of one source, and what changes it. Pure: times are handed in, monotonic seconds.

Two things make up what is shown: how reading goes, and whether the room takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ingress.reader.messages import FailureKind
from ingress.report import SourceReport, State, unix_time

LASTING: frozenset[FailureKind] = frozenset({"auth", "not_found", "codec", "forbidden"})
"""Failures that somebody has to mend; the source is tried on nevertheless."""

Reason = FailureKind | Literal["", "room"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the room takes nothing at the moment; text is one line without secrets.

    away: the server cannot be reached, it is tried again; taken: somebody else is there under this
    name, it is tried again; removed: it was sent away and stays out until it is woken.
    """

    kind: Literal["away", "taken", "removed"]
    text: str


class Lifecycle:
    """States go connecting → live ⇄ stalled → reconnecting → live, with failed and stopped beside.

    state, reason and error are what is to be shown; since: when the state last changed;
    reconnects: times that a new attempt brought the picture back; next_try: when the next attempt
    begins, 0 while none waits.
    """

    def __init__(self, now: float) -> None:
        self.state: State = "connecting"
        self.reason: Reason = ""
        self.error = ""
        self.since = now
        self.reconnects = 0
        self.next_try = 0.0
        self._reading: State = "connecting"
        self._why: FailureKind | Literal[""] = ""
        self._said = ""
        self._trouble: Trouble | None = None
        self._was_live = False
        self._new_attempt = True

    @property
    def reading(self) -> State:
        """How reading goes, whatever the room does."""
        return self._reading

    def report(self, base: SourceReport) -> SourceReport:
        """`base` with the state in it."""
        return replace(
            base,
            state=self.state,
            reason=self.reason,
            error=self.error,
            since=unix_time(self.since),
            reconnects=self.reconnects,
            next_try=unix_time(self.next_try),
        )

    def attempt(self, now: float) -> None:
        """A reader is started. What was shown stays until a picture comes."""
        self.next_try = 0.0
        self._new_attempt = True
        if self._reading == "stopped":
            self._go(self._away, "", "", now)

    def waits(self, text: str, now: float) -> None:
        """The attempt waits for somebody, which is no failure."""
        if self._reading != "stopped":
            self._go(self._away, "", text, now)

    def picture(self, now: float) -> None:
        """A picture came."""
        if self._reading == "live" and not self._new_attempt:
            return
        if self._new_attempt and self._was_live:
            self.reconnects += 1
        self._new_attempt = False
        self._was_live = True
        self._go("live", "", "", now)

    def stalled(self, text: str, now: float) -> None:
        """Pictures have stopped coming; the reader is still there."""
        if self._reading == "live":
            self._go("stalled", "", text, now)

    def failed(self, kind: FailureKind, text: str, now: float, *, wait: float) -> None:
        """The attempt is over; the next one begins in `wait` seconds."""
        self.next_try = now + wait
        if kind in LASTING:
            self._go("failed", kind, text, now)
        else:
            self._go(self._away, "", text, now)

    def stopped(self, text: str, now: float) -> None:
        """Nothing is read any more, until the next attempt."""
        self.next_try = 0.0
        self._go("stopped", "", text, now)

    def room(self, trouble: Trouble | None, now: float) -> None:
        """What the room says; None: it takes everything."""
        if trouble != self._trouble:
            self._trouble = trouble
            self._settle(now)

    @property
    def _away(self) -> State:
        return "reconnecting" if self._was_live else "connecting"

    def _go(self, state: State, why: FailureKind | Literal[""], said: str, now: float) -> None:
        self._reading, self._why, self._said = state, why, said
        self._settle(now)

    def _settle(self, now: float) -> None:
        state, reason, error = self._shown()
        if state != self.state:
            self.since = now
        self.state, self.reason, self.error = state, reason, error

    def _shown(self) -> tuple[State, Reason, str]:
        trouble = self._trouble
        if trouble is None or self._reading == "stopped":
            return self._reading, self._why, self._said
        if trouble.kind == "removed":
            return "stopped", "", trouble.text
        if trouble.kind == "taken":
            return "failed", "room", trouble.text
        if self._reading in ("live", "stalled"):
            return "reconnecting", "", trouble.text
        return self._reading, self._why, self._said or trouble.text
