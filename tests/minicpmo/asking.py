"""Short ways to ask a backend, and to make its model fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from models.minicpmo.backend import End, Piece, Sampling, Speech, SpeechFailed, Text
from models.minicpmo.loading import Source
from models.minicpmo.remote_backend import RemoteBackend
from models.minicpmo.token_tap import TokenTap
from models.runtime.parts import Frame, Part, Prompt, Sound

COLOURS = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
}
LONG = "SAY " + "The red car passes the blue house and then the green tree on the left. " * 8
"""Makes the tiny model talk for long; other models are asked the same."""
FREE = "FREE\nTell me anything."
"""Lets the tiny model's weights choose, as those of others do."""


def source(folder: Path, *, speech: bool = True) -> Source:
    """On the GPU where there is one."""
    gpu = torch.cuda.is_available()
    assets = folder / "assets/token2wav"
    return Source(
        folder,
        "bfloat16" if gpu else "float32",
        "cuda" if gpu else "cpu",
        token2wav=assets if speech else None,
    )


def frame(colour: str) -> Frame:
    """320x180 of one colour."""
    return Frame(np.full((180, 320, 3), COLOURS[colour], np.uint8))


def sound(seconds: float, *, pitch: float = 220.0, loudness: float = 0.3) -> Sound:
    """A tone."""
    times = np.arange(round(seconds * 16_000)) / 16_000
    return Sound((np.sin(2 * np.pi * pitch * times) * loudness).astype(np.float32))


def prompt(*user: Part, system: Sequence[Part] = ("Be brief.",)) -> Prompt:
    return Prompt(tuple(system), tuple(user))


@dataclass(frozen=True)
class Said:
    """One answer."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces if isinstance(piece, Text)]

    @property
    def speech(self) -> list[Any]:
        return [piece.samples for piece in self.pieces if isinstance(piece, Speech)]

    @property
    def failed(self) -> list[str]:
        return [piece.reason for piece in self.pieces if isinstance(piece, SpeechFailed)]

    @property
    def end(self) -> End:
        last = self.pieces[-1]
        assert isinstance(last, End)
        assert sum(isinstance(piece, End) for piece in self.pieces) == 1
        return last


class Asking:
    """Around one loaded backend."""

    def __init__(self, backend: RemoteBackend) -> None:
        self.backend = backend
        self._hooks: list[Any] = []
        backend.set_voice(sound(2.0))

    @property
    def model(self) -> Any:
        """The checkpoint's own model."""
        assert self.backend._parts is not None
        return self.backend._parts.model

    @property
    def tap(self) -> TokenTap:
        assert self.backend._parts is not None
        return self.backend._parts.tap

    def ask(
        self,
        asked: Prompt,
        tokens: int = 24,
        *,
        speech: bool = False,
        seed: int | None = None,
        temperature: float = 0.0,
    ) -> Said:
        self.backend.prefill(asked)
        sampling = Sampling(tokens, temperature=temperature, seed=seed)
        return Said(tuple(self.backend.generate(sampling, speech=speech)))

    def before_each(self, module: Any, act: Callable[[int], None]) -> None:
        """Calls ``act`` with 0, 1, … before each time that ``module`` runs."""
        count = -1

        def hook(_module: Any, _args: Any) -> None:
            nonlocal count
            count += 1
            act(count)

        self._hooks.append(module.register_forward_pre_hook(hook))

    def at_token(self, number: int, act: Callable[[], None]) -> None:
        """Calls ``act`` when token ``number`` (from 1) has been chosen, in the model's thread."""

        def hook(_module: Any, args: tuple[Any]) -> None:
            self._chosen += args[0].shape == (1, 1)
            if args[0].shape == (1, 1) and self._chosen == number:
                act()

        self._chosen = 0
        self._hooks.append(self.model.llm.get_input_embeddings().register_forward_pre_hook(hook))

    def end_after(self, tokens: int) -> None:
        """Lets the model end its turn after so many tokens."""
        end = self.model.processor.tokenizer.convert_tokens_to_ids("<|tts_eos|>")

        def hook(_module: Any, _args: Any, output: Any) -> None:
            made = len(self.tap.tokens)
            output.logits[:, -1] = 0.0
            output.logits[:, -1, end if made >= tokens else 100 + made % 50] = 100.0

        self._hooks.append(self.model.llm.register_forward_hook(hook))

    def fail(self, module: Any, error: Exception, passes: int = 0) -> None:
        """Lets ``module`` raise once it has run ``passes`` times."""

        def act(count: int) -> None:
            if count >= passes:
                raise error

        self.before_each(module, act)

    def close(self) -> None:
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
