"""What an engine is: it takes pictures and text, and streams text and speech."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

SAMPLE_RATE = 24_000
"""Hz of all speech that an engine makes: mono, int16 little endian."""

HEARING_RATE = 16_000
"""Hz of all speech that an engine is given: mono, int16 little endian."""

Kind = Literal["commentary", "answer", "alert"]


class EngineError(Exception):
    """An engine could not do its work; the text is one line that may be shown to anyone."""


class EngineStartError(EngineError):
    """The engine cannot run on this machine."""


class BusyError(EngineError):
    """This request cannot be served now, for want of memory for example; the next one can."""


class FatalEngineError(EngineError):
    """The engine cannot go on in this process, which ends and is started again."""


class RefusedError(EngineError):
    """A request that the engine cannot serve, found out while it was at work.

    Attributes:
        param: Which part of the request is wrong, as a path like ``messages[1].content[0]``.
    """

    def __init__(self, message: str, param: str) -> None:
        super().__init__(message)
        self.param = param


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said earlier."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class NamedObject:
    """Something in a picture that a detector has named.

    Attributes:
        id: The same in all pictures of a request in which it is the same object.
        name: Its COCO class, as "person".
        box: Left, top, right, bottom, each 0 to 1 of the picture's width or height.
    """

    id: int
    name: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """One encoded picture.

    Attributes:
        data: JPEG or PNG bytes.
        time: Seconds relative to the newest picture, at most 0.
        param: Where in the request it stands, for error texts.
        objects: What a detector found in it; None where none has looked.
    """

    data: bytes
    time: float
    param: str = ""
    objects: tuple[NamedObject, ...] | None = None


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One request, already checked.

    Attributes:
        system: The persona, empty when none was given.
        history: Earlier turns, oldest first.
        pictures: The window, oldest first.
        text: The instruction or the question.
        sound: A spoken question: 16 kHz mono int16 little endian; empty for none.
        kind: What the answer is for.
        room: Whose request it is, empty when unknown.
        voice: A voice that the engine knows; empty: its own default.
        audio: Whether speech is wanted besides text.
        max_tokens: Least upper bound of the answer's length, in tokens.
        temperature: Of the choice of words, 0 for the likeliest; None leaves it to the engine.
        top_p: Part of the probability that words are chosen from; None leaves it to the engine.
        seed: Makes the choice of words repeatable; None leaves it to the engine.
    """

    system: str = ""
    history: tuple[Turn, ...] = ()
    pictures: tuple[Picture, ...] = ()
    text: str = ""
    sound: bytes = b""
    kind: Kind = "commentary"
    room: str = ""
    voice: str = ""
    audio: bool = True
    max_tokens: int = 1024
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class AudioDelta:
    """More of the speech: 24 kHz mono int16 little endian."""

    pcm: bytes

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 2 / SAMPLE_RATE


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the client should know, in one line."""

    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer; always the last piece."""

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


Delta = TextDelta | AudioDelta | Notice | Finished


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What is known about an engine, mostly before it starts.

    Attributes:
        name: Its model name on the wire.
        concurrency: How many requests it serves at a time without harm.
        speaks: Whether it gives speech. One that does not is asked for text only.
        hears: Whether it takes spoken questions.
        counts: Whether its tokens are those of a model.
        shortage: What it has too little of at the moment, in one line; empty when all is well.
    """

    name: str
    concurrency: int
    speaks: bool = True
    hears: bool = False
    counts: bool = True
    shortage: str = ""


class Engine(Protocol):
    """A model with a voice."""

    @property
    def info(self) -> EngineInfo: ...

    def has_voice(self, voice: str) -> bool:
        """Whether ``voice`` is known."""
        ...

    def voice_help(self) -> str:
        """Which voices there are, in a few words."""
        ...

    async def start(self) -> None:
        """Load and warm up. Raises EngineStartError."""
        ...

    def generate(self, request: GenerationRequest) -> AsyncGenerator[Delta, None]:
        """The answer as it is made; closing the generator stops the work within 100 ms.

        Raises:
            RefusedError: Before the first piece.
            BusyError: Before the first piece; the next request may be served.
            FatalEngineError: At any time; the engine is of no more use.
            EngineError: At any time.
        """
        ...

    async def aclose(self) -> None:
        """Release everything. May be called more than once, also without ``start``."""
        ...
