"""A question, and what of its words and of its asker's name may go on. Pure."""

from __future__ import annotations

import time
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from opentelemetry import trace
from opentelemetry.trace import Span

MAX_LENGTH = 1000
"""Characters of a question."""

SHOWN_LENGTH = 40
"""Characters of a name that is shown."""

NAME_LENGTH = 32
NAME_WORDS = 2
"""A name that goes to an engine is no place for a sentence."""

State = Literal["waiting", "asked", "answered", "order", "taken back", "failed", "refused"]
Over = Callable[["Question"], None]

_BEHIND = "\0"
"""Stands in no identity that anybody is given."""

_JOINERS = "\u200c\u200d"
"""Characters of format that words of many languages, and emoji, cannot do without."""


@dataclass(slots=True, eq=False)
class Question:
    """One question from the moment at which it came in.

    Attributes:
        asker: Identity of who asked.
        called: The name that one has given itself, as it came; "" for none.
        text: What was asked, "" where it was only spoken.
        seen: Capture time of what was on display when it came, `time.monotonic()` seconds.
        over, count: Called once, when nothing will come of it any more.
        behind: Who asks by that identity, where it speaks for several, such as viewers by HTTP.
        steers: Whether an order of this one is obeyed; if not, it is a question like any other.
        sound: As it was spoken, 16 kHz mono int16, empty where it was written.
        id: Also the id of the line that answers it.
        state: waiting: for its turn. asked: the engine makes its answer, or it is heard. Then how
            it ended; an order never waits.
        reply: What was said to it, as far as it was heard.
        error: Why there is no answer, one line that everybody may read.
        span: Of its trace, ends with it.
        asked_at, heard_at: When it came, and when its answer began to be heard, None until then;
            `time.monotonic()` seconds.
    """

    asker: str
    called: str
    text: str
    seen: float
    over: Over
    sound: bytes = b""
    behind: str = ""
    steers: bool = True
    id: str = field(default_factory=lambda: f"line_{uuid.uuid4().hex[:12]}")
    state: State = "waiting"
    reply: str = ""
    error: str = ""
    asked_at: float = field(default_factory=lambda: time.monotonic())
    heard_at: float | None = None
    count: Over = lambda _: None
    span: Span = field(default_factory=lambda: trace.get_tracer("pressbox").start_span("question"))

    @property
    def name(self) -> str:
        """What the asker is called in the answer, "" where it has no name to be said."""
        return spoken_name(self.called, self.asker)

    @property
    def person(self) -> str:
        """Who takes turns with others, and may take it back."""
        return person(self.asker, self.behind)

    def end(self, state: State, *, reply: str = "", error: str = "") -> None:
        """It is over; a second end changes nothing."""
        if self.state in ("waiting", "asked"):
            self.state, self.reply, self.error = state, reply, error
            self.span.set_attribute("pressbox.outcome", state)
            self.span.end()
            self.count(self)
            self.over(self)


def person(identity: str, behind: str = "") -> str:
    """One of several behind an identity, or that one itself."""
    return f"{identity}{_BEHIND}{behind}" if behind else identity


def identity_of(who: str) -> str:
    """By which that `person` is in the room."""
    return who.partition(_BEHIND)[0]


def cleaned(text: str) -> str:
    """The text on one line without what is not meant for eyes: control characters, marks that turn
    the direction of writing, halves of surrogate pairs.
    """
    kept = (" " if c.isspace() else c for c in text if _is_shown(c) or c.isspace())
    return " ".join("".join(kept).split())


def shown_name(name: str) -> str:
    """A person's own name as others see it: one line, not too long."""
    return cleaned(name[: 4 * SHOWN_LENGTH])[:SHOWN_LENGTH].strip()


def spoken_name(name: str, identity: str) -> str:
    """The first words of a participant's name, or of its identity where it has none: letters,
    digits and spaces. "" where there are none, and for an identity with a number: that means
    nothing to an ear.
    """
    words = _words(name)
    if not words and not any(c.isdigit() for c in identity):
        words = _words(identity)
    return " ".join(words[:NAME_WORDS])[:NAME_LENGTH].strip()


def _is_shown(character: str) -> bool:
    return character in _JOINERS or not unicodedata.category(character).startswith("C")


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", name[: 4 * NAME_LENGTH])
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in plain).split()
