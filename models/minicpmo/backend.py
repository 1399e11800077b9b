"""What the engine asks of whatever computes MiniCPM-o: one prompt in, text and speech out.

What a ``Prompt`` means, so that two backends can be held against one another token for token::

    <|im_start|>system\n SYSTEM <|im_end|>\n       left out when there is no system part
    <|im_start|>user\n USER
    <|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n<|tts_bos|>

The same for text alone and for speech. Each line above is tokenized by itself, without further
special tokens. SYSTEM and USER are their parts in order with nothing between them, where

- a text stands for itself, special tokens in it included: whoever builds prompts cleans it;
- a Frame is ``<image>``, 64 times ``<unk>``, ``</image>``: 66 tokens. It is never sliced; a larger
  one is shrunk to about 448x448 pixels keeping its shape. The 64 have the picture's features;
- a Sound in SYSTEM is ``<|audio_start|>``, ``<unk>`` for each 0.1 s, ``<|audio_end|>``, heard as a
  whole (up to 30 s);
- a Sound in USER, of which there is at most one, is heard second by second, each with what was
  heard before: 16,560 samples first and 16,000 each time after that, silence at the end making the
  last one full. Each second is ``<|audio_start|>``, 10 times ``<unk>``, ``<|audio_end|>``, and USER
  is tokenized in as many pieces, cut before each second but the first.

The answer ends with ``<|tts_eos|>``, ``<|im_end|>`` or ``</s>``, which are no part of it. Never
chosen are the tokenizer's ``bad_token_ids``, ``<unk>`` and ``: # @ * ( ) [ ] & / $`` by themselves.
A repeated token's logit is divided by the penalty when it is positive, else multiplied by it.
Repeated are the tokens of the chunk that is being made (11 at first, then 10 each) and the 128
before that. Then come temperature, top_k, top_p, in that order.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from models.runtime.parts import Prompt, Sound

SPEECH_RATE = 24_000
"""Hz of all ``Speech`` that the model gives."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are chosen.

    Attributes:
        max_tokens: The most tokens of text, at least 1.
        temperature: 0 takes the likeliest token each time.
        seed: Makes the choice repeatable; None leaves it to chance.
    """

    max_tokens: int
    temperature: float = 0.7
    top_p: float = 0.8
    top_k: int = 100
    repetition_penalty: float = 1.02
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """More of the text, whole characters without special tokens."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """More of the speech.

    Attributes:
        samples: float32 of shape (n,), 24 kHz mono, finite.
    """

    samples: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpeechFailed:
    """No more speech in this answer; its text goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class End:
    """The end of an answer, always its last piece.

    Attributes:
        reason: "stop": the model ended its turn or was told to; "length": ``max_tokens`` were made.
        prompt_tokens: Tokens in the context before the answer.
        completion_tokens: Tokens of the answer, the one that ends the turn not counted.
    """

    reason: Literal["stop", "length"]
    prompt_tokens: int
    completion_tokens: int


Piece = Text | Speech | SpeechFailed | End


class BackendError(Exception):
    """The model could not do this; the text is one line that may be shown to anyone."""


class OutOfMemory(BackendError):  # noqa: N818 - it names what happened
    """This request needed more memory than there was; the next one may be served."""


class DeviceLost(BackendError):  # noqa: N818 - it names what happened
    """The device is of no more use to this process, which has to end."""


class Backend(Protocol):
    """One loaded model that serves one request at a time.

    Every call comes from one and the same thread, except ``stop``.
    """

    @property
    def speaks(self) -> bool:
        """Whether it can give speech; known after ``load``."""
        ...

    def load(self) -> None:
        """Bring the model into memory. Raises BackendError."""
        ...

    def set_voice(self, reference: Sound) -> None:
        """Speak like ``reference`` from now on; cheap for one that it has had lately.

        Raises:
            BackendError: The recording is of no use as a voice.
            OutOfMemory, DeviceLost: As their names say.
        """
        ...

    def prefill(self, prompt: Prompt) -> int:
        """Take a prompt in, forgetting every earlier request; returns the tokens in the context.

        Raises:
            BackendError: The prompt cannot be taken in.
            OutOfMemory, DeviceLost: As their names say.
        """
        ...

    def generate(self, sampling: Sampling, *, speech: bool) -> Generator[Piece, None, None]:
        """The answer to what was prefilled, once: text token by token, speech in chunks, then End.

        Closing it, or ``stop``, ends it at the next token.

        Raises:
            BackendError: The answer cannot go on.
            OutOfMemory, DeviceLost: As their names say.
        """
        ...

    def stop(self) -> None:
        """End the answer being made at its next token; from any thread, also when there is none."""
        ...

    def reset(self) -> None:
        """Forget every request, after anything; the next ``prefill`` works as on a fresh model."""
        ...

    def close(self) -> None:
        """Release everything. May be called more than once."""
        ...
