"""A loaded model at work: pictures and words in, text out. Everything here blocks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from models.engine import GenerationRequest, Picture
from models.runtime.failures import described
from models.runtime.limits import WINDOW, too_long
from models.runtime.parts import Frame, Prompt
from models.runtime.prompt import build
from models.runtime.sampling import Sampling
from models.runtime.stopping import make_stoppable
from models.vlm import features
from models.vlm.features import Features
from models.vlm.generation import Outcome, speak
from models.vlm.loading import Loaded
from models.vlm.reader import Reader

log = logging.getLogger("engine")

_SHAPES = ((336, 602), (448, 448))
"""Rows and columns of what pictures of common shapes are scaled down to."""
_LIKENESS = {torch.float32: 1e-3}
_LIKENESS_SHORT = 5e-2


class Describer:
    """One model. Used from one thread."""

    def __init__(self, loaded: Loaded, check: Callable[[], None]) -> None:
        """``check`` is asked all the time; it raises Stopped when an answer is to end.

        Raises EngineStartError when the model cannot hold a conversation with pictures.
        """
        self._model = loaded.model
        self._device = loaded.device
        self.reader = Reader(loaded.processor)
        make_stoppable(self._model, check)
        self._features: Features | None = None
        self.frame_tokens = 1
        self.window = min(WINDOW, _positions(self._model.config))

    @property
    def reuses(self) -> bool:
        """Whether pictures that were seen before are not looked at again."""
        return self._features is not None

    def rehearse(self) -> None:
        """Runs everything once: finds out what a picture takes, and whether features can be kept.

        Raises whatever a model raises that cannot do this.
        """
        frames = [_sample(shape, number) for number, shape in enumerate(_SHAPES)]
        request = GenerationRequest(
            text="What is this?", pictures=(Picture(b"", -1.0), Picture(b"", 0.0))
        )
        prompt = build(request, frames)
        words = len(self._ids(build(GenerationRequest(text=request.text), [])))
        alone = [len(self._ids(build(GenerationRequest(text=request.text), [f]))) for f in frames]
        self.frame_tokens = max(1, *(length - words for length in alone))
        self._features = self._trustworthy(prompt, frames)
        self.describe(prompt, frames, Sampling(2, 0), lambda _: None)
        self.forget()

    def describe(
        self,
        prompt: Prompt,
        frames: list[Frame],
        sampling: Sampling,
        say: Callable[[str], None],
        ready: Callable[[], None] = lambda: None,
    ) -> tuple[int, Outcome]:
        """One answer; ``frames`` are those in ``prompt``.

        Returns the number of tokens that were read, and how it ended. ``ready`` is called once
        the pictures are looked at.

        Raises:
            Stopped: Nobody wants it any more.
            RefusedError: It is too long.
        """
        with torch.inference_mode():
            inputs = self._inputs(prompt, frames, self._features)
            length = int(inputs["input_ids"].shape[-1])
            room = self.window - length
            if room < 1:
                raise too_long(length, self.window)
            ready()
            bounded = replace(sampling, max_tokens=min(sampling.max_tokens, room))
            tokenizer = self.reader.tokenizer
            return length, speak(self._model, tokenizer, inputs, bounded, say)

    def forget(self) -> None:
        """Lets go of all features, and of what the device's allocator holds."""
        if self._features is not None:
            self._features.cache.clear()
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()

    def next_logits(
        self, prompt: Prompt, frames: list[Frame], kept: Features | None
    ) -> torch.Tensor:
        """Of the first token of an answer, float32 of shape (vocabulary,).

        ``kept`` is where the features of the pictures are; None gives the model the pictures.
        """
        with torch.inference_mode():
            output = self._model.generate(
                **self._inputs(prompt, frames, kept),
                max_new_tokens=1,
                do_sample=False,
                output_logits=True,
                return_dict_in_generate=True,
            )
            logits: torch.Tensor = output.logits[0][0].float().cpu()
            return logits

    def look(self, frame: Frame) -> Any:
        """What the model makes of one picture: an encoder's output of transformers' own kind."""
        return features.encode(self._model, self._moved(self.reader.picture_inputs(frame)))

    def _ids(self, prompt: Prompt) -> list[int]:
        ids: list[int] = self.reader.inputs(prompt)["input_ids"][0].tolist()
        return ids

    def _inputs(self, prompt: Prompt, frames: list[Frame], kept: Features | None) -> dict[str, Any]:
        inputs = self._moved(self.reader.inputs(prompt))
        if kept is None or not frames:
            return inputs
        seen = kept.of(frames)
        words = {name: value for name, value in inputs.items() if name not in features.RAW}
        return words | {"mm_encoder_outputs": {"image": seen}}

    def _moved(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Tensors on the model's device, those of pictures in its precision."""
        moved = {}
        for name, value in inputs.items():
            if isinstance(value, torch.Tensor):
                kind = self._model.dtype if value.is_floating_point() else value.dtype
                value = value.to(self._device, kind)
            moved[name] = value
        return moved

    def _trustworthy(self, prompt: Prompt, frames: list[Frame]) -> Features | None:
        """A place for features, if the model says the same with them as with the pictures."""
        why = "it takes pictures only"
        if features.can_reuse(self._model):
            plain = self.next_logits(prompt, frames, None)
            kept = Features(self.look)
            try:
                difference = _difference(plain, self.next_logits(prompt, frames, kept))
                if difference <= _LIKENESS.get(self._model.dtype, _LIKENESS_SHORT):
                    return kept
                why = f"its answer changes by {difference:.0%}"
            except Exception as error:
                why = described(error)
        log.warning("pictures are looked at again in each window: %s", why)
        return None


def _positions(config: Any) -> int:
    """The most tokens that the model can tell apart."""
    text = config.get_text_config()
    return int(getattr(text, "max_position_embeddings", None) or WINDOW)


def _difference(one: torch.Tensor, other: torch.Tensor) -> float:
    """The largest, as a part of the range of ``one``."""
    spread = float(one.max() - one.min()) or 1.0
    return float((one - other).abs().max()) / spread


def _sample(shape: tuple[int, int], seed: int) -> Frame:
    noise = np.random.default_rng(seed).integers(0, 256, (*shape, 3), np.uint8)
    noise[: shape[0] // 2] = 60 + 120 * seed
    return Frame(noise)
