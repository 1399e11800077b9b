"""A line, one utterance of the commentator, and the one list of those in flight. Pure."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from .spoken_parts import parts

Kind = Literal["commentary", "answer", "alert"]
State = Literal["made", "ready", "waiting", "playing", "ended", "dropped"]
DropReason = Literal["late", "empty", "repeat", "interrupted", "error", "cancelled", "refused"]

READING_SPEED = 15.0
"""Characters a second that people read captions at (Netflix' and the BBC's guides allow 15 to 20),
and that ordinary speech has.
"""

_NEXT: dict[State, tuple[State, ...]] = {
    "made": ("ready",),
    "ready": ("waiting",),
    "waiting": ("playing",),
    "playing": ("ended",),
    "ended": (),
    "dropped": (),
}


@dataclass(slots=True, eq=False)
class Line:
    """One utterance and what is known of it so far. Times are ``time.monotonic()`` seconds.

    Attributes:
        id: Also the LiveKit message id of the line.
        kind: Why it is said.
        anchor: Capture time of the newest frame that the engine saw.
        requested_at: When the request left, or the question came.
        state: made: asked of the engine. ready: its first sound (text-only lines: text) is in.
            waiting: taken by who plays it. playing: heard. Then ended, or dropped for ``reason``
            at any time before.
        error: One line naming what went wrong, "" for nothing.
        question: What it answers, "" for none.
        asker: Who asked, as the room knows them; "" for nobody.
        asker_name: What that one is called, as it came; "" for no name.
        rule, severity: Of an alert: the name of its rule, and info, warning or critical.
        ready_at, started_at, ended_at, completed_at: When it got there, None until then.
        text: What is said; grows while the line is generated.
        speech: 20 ms pieces of 24 kHz mono int16 that nobody has taken yet.
        audio_seconds: Seconds of speech made so far, taken or not.
        duration: ``audio_seconds`` when the line is complete, None while it is generated.
        news: It is to tell what the source says now, which no earlier line did.
        text_only: There is nothing to hear; known once it is ready.
        prompt_tokens, completion_tokens, token_details: What the engine says it took.
    """

    id: str
    kind: Kind
    anchor: float
    requested_at: float
    question: str = ""
    asker: str = ""
    rule: str = ""
    severity: str = ""
    state: State = "made"
    reason: DropReason | None = None
    error: str = ""
    ready_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    completed_at: float | None = None
    text: str = ""
    speech: deque[bytes] = field(default_factory=deque)
    audio_seconds: float = 0.0
    duration: float | None = None
    news: bool = False
    text_only: bool = False
    asker_name: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    token_details: Mapping[str, int] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether it is said as soon as can be, over whatever picture."""
        return self.kind != "commentary"

    @property
    def over(self) -> bool:
        """Whether nothing will come of it any more."""
        return self.state in ("ended", "dropped")

    @property
    def length(self) -> float | None:
        """Seconds that it plays, None while that is not known; a line that is not spoken stays as
        long as reading takes, a second at least.
        """
        if self.duration is None or not self.text_only:
            return self.duration
        return max(len(self.text.strip()) / READING_SPEED, 1.0)

    def shown(self, heard: float) -> str:
        """The words that have begun when ``heard`` seconds of it were heard; all where there is
        nothing to hear. Letters where a language leaves no spaces between words.

        A word begins at its share of the characters: speech engines keep an even pace within a
        sentence, so this stays within a word of the truth.
        """
        text = self.text.strip()
        if self.text_only or not text:
            return text
        words = parts(text)
        length = sum(weight for _, weight in words)
        whole = self.duration or length / READING_SPEED
        begun, passed, shown = heard / whole * length, 0.0, 0
        for word, weight in words:
            if passed > begun:
                break
            passed += weight
            shown += len(word)
        return text[:shown]

    @property
    def said(self) -> str:
        """What was said of it, known when it is over."""
        if self.started_at is None or self.ended_at is None:
            return ""
        whole = self.state == "ended"
        return self.text.strip() if whole else self.shown(self.ended_at - self.started_at).strip()


def new_line(
    kind: Kind, *, anchor: float, requested_at: float, question: str = "", asker: str = ""
) -> Line:
    """A line with a fresh id; both times in monotonic seconds."""
    return Line(f"line_{uuid.uuid4().hex[:12]}", kind, anchor, requested_at, question, asker)


class Lines:
    """The lines in flight, oldest first, and the only place where a line's state changes.

    A line that is over leaves the list. Whoever listens is told of each change once it is made,
    in the order in which they began to listen; none of them may raise.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock``: monotonic seconds."""
        self._clock = clock
        self._lines: list[Line] = []
        self._listeners: list[Callable[[Line], None]] = []
        self.silent_since = float("-inf")
        """When the voice last fell silent, monotonic seconds."""

    def __iter__(self) -> Iterator[Line]:
        return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def listen(self, changed: Callable[[Line], None]) -> None:
        """Call ``changed(line)`` after each change of a line's state, and when it is complete."""
        self._listeners.append(changed)

    def add(self, line: Line) -> None:
        """A line is asked of an engine."""
        self._lines.append(line)
        self._tell(line)

    def move(self, line: Line, state: State) -> bool:
        """The line has come to ``state``, the one after its own.

        Returns False, and changes nothing, where it was dropped meanwhile. Raises ValueError for a
        state that does not follow: that is a mistake in a program.
        """
        if line.state == "dropped":
            return False
        if state not in _NEXT[line.state]:
            raise ValueError(f"a line that is {line.state} cannot become {state}")
        now = self._clock()
        if state == "ready":
            line.ready_at = now
        elif state == "playing":
            line.started_at = now
        elif state == "ended":
            self._is_over(line, now)
        line.state = state
        self._tell(line)
        return True

    def drop(self, line: Line, reason: DropReason, error: str = "") -> None:
        """The line will not be said, or not to its end. Nothing where it is over already."""
        if line.over:
            return
        line.reason, line.error = reason, error or line.error
        self._is_over(line, self._clock())
        line.state = "dropped"
        self._tell(line)

    def complete(self, line: Line) -> None:
        """Nothing more will come of its text and speech. Idempotent."""
        if line.duration is None:
            line.duration, line.completed_at = line.audio_seconds, self._clock()
            self._tell(line)

    def _is_over(self, line: Line, now: float) -> None:
        if line in self._lines:
            self._lines.remove(line)
        line.speech.clear()
        if line.duration is None:
            line.duration, line.completed_at = line.audio_seconds, now
        if line.started_at is not None:
            line.ended_at = self.silent_since = now

    def _tell(self, line: Line) -> None:
        for changed in self._listeners:
            changed(line)
