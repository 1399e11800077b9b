"""Short ways to ask a model, and to make it fail."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from models.engine import AudioDelta, Delta, Finished, GenerationRequest, Notice, TextDelta
from models.minicpmo.session import Session
from models.runtime.outgoing import Outgoing
from models.runtime.parts import Frame, Part, Prompt, Sound

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
LONG = "SAY " + "The red car passes the blue house and then the green tree on the left. " * 8
"""Makes the tiny model talk for long; other models are asked the same."""
FREE = "FREE\nTell me anything."
"""Lets the tiny model's weights choose, as those of others do."""


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

    deltas: Sequence[Delta]

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def texts(self) -> list[str]:
        return [delta.text for delta in self.deltas if isinstance(delta, TextDelta)]

    @property
    def speech(self) -> list[Any]:
        pieces = [delta.pcm for delta in self.deltas if isinstance(delta, AudioDelta)]
        return [np.frombuffer(pcm, "<i2") for pcm in pieces]

    @property
    def notices(self) -> list[str]:
        return [delta.text for delta in self.deltas if isinstance(delta, Notice)]

    @property
    def end(self) -> Finished:
        last = self.deltas[-1]
        assert isinstance(last, Finished)
        return last


class Asking:
    """Around one open session."""

    def __init__(self, session: Session) -> None:
        assert session.model is not None
        self.session = session
        self.model = session.model
        self._hooks: list[Any] = []
        self.model.set_voice(sound(2.0))

    @property
    def remote(self) -> Any:
        """The checkpoint's own model."""
        return self.model.remote

    def ask(
        self,
        asked: Prompt,
        tokens: int = 24,
        *,
        speech: bool = False,
        seed: int | None = None,
        temperature: float = 0.0,
    ) -> Said:
        """Raises Stopped after ``stop``, and what the model raises."""
        self.session._sink = None
        self.model.prefill(asked)
        request = GenerationRequest(max_tokens=tokens, temperature=temperature, seed=seed)
        deltas: list[Delta] = []
        self.model.generate(request, Outgoing(deltas.append), speech=speech)
        return Said(deltas)

    def stop(self) -> None:
        """As when the client of the answer that is being made has gone."""
        self.session._sink = SimpleNamespace(cancelled=True)  # type: ignore[assignment]

    def before_each(self, module: Any, act: Callable[[int], None]) -> None:
        """Calls ``act`` with 0, 1, … before each time that ``module`` runs."""
        count = -1

        def hook(_module: Any, _args: Any) -> None:
            nonlocal count
            count += 1
            act(count)

        self._hooks.append(module.register_forward_pre_hook(hook))

    def at_token(self, number: int, act: Callable[[], object]) -> None:
        """Calls ``act`` when token ``number`` (from 1) has been chosen, in the model's thread."""
        chosen = 0

        def hook(_module: Any, args: tuple[Any]) -> None:
            nonlocal chosen
            chosen += args[0].shape == (1, 1)
            if args[0].shape == (1, 1) and chosen == number:
                act()

        self._hooks.append(self.remote.llm.get_input_embeddings().register_forward_pre_hook(hook))

    def end_after(self, tokens: int) -> None:
        """Lets the model end its turn after so many tokens."""
        end = self.remote.processor.tokenizer.convert_tokens_to_ids("<|tts_eos|>")

        def hook(_module: Any, _args: Any, output: Any) -> None:
            made = len(self.model.hooks.tokens)
            output.logits[:, -1] = 0.0
            output.logits[:, -1, end if made >= tokens else 100 + made % 50] = 100.0

        self._hooks.append(self.remote.llm.register_forward_hook(hook))

    def fail(self, module: Any, error: Exception, passes: int = 0) -> None:
        """Lets ``module`` raise once it has run ``passes`` times."""

        def act(count: int) -> None:
            if count >= passes:
                raise error

        self.before_each(module, act)

    def spoil(self, vocoder: Any, passes: int) -> None:
        """Lets it make sound that is no numbers once it has run ``passes`` times."""
        left = itertools.count(passes, -1)

        def hook(_module: Any, _args: Any, output: tuple[Any, Any]) -> tuple[Any, Any]:
            return (output[0] if next(left) > 0 else output[0] * math.nan), output[1]

        self._hooks.append(vocoder.register_forward_hook(hook))

    def close(self) -> None:
        """Takes all hooks off."""
        for hook in self._hooks:
            hook.remove()
        self._hooks.clear()
