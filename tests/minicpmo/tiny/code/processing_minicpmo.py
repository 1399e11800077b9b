"""From messages to what the tiny model reads."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import ProcessorMixin

IMAGE = "<image>./</image>"
AUDIO = "<audio>./</audio>"
TOKENS_AN_IMAGE = 64
SAMPLES_A_TOKEN = 1600  # 0.1 s of 16 kHz


@dataclass
class Inputs:
    """One piece of a prompt: ids (1, n), images as (3, 8, 8) and sounds as arrays."""

    input_ids: torch.Tensor
    images: list[torch.Tensor] = field(default_factory=list)
    sounds: list[torch.Tensor] = field(default_factory=list)


class MiniCPMOProcessor(ProcessorMixin):
    """Holds the tokenizer, and what streamed sound needs between calls."""

    attributes = ["tokenizer"]  # noqa: RUF012 - read by transformers
    tokenizer_class = "AutoTokenizer"

    def __init__(self, tokenizer: Any = None, **kwargs: Any) -> None:
        super().__init__(tokenizer)
        self.heard = 0

    def reset_streaming(self) -> None:
        self.heard = 0

    def __call__(
        self, prompt: str, images: list[Image.Image], sounds: list[np.ndarray], streaming: bool
    ) -> Inputs:
        """Raises ValueError when a streamed sound is not what the stream expects."""
        for picture in images:
            prompt = prompt.replace(IMAGE, _placeholder("image", TOKENS_AN_IMAGE), 1)
            picture.load()
        for sound in sounds:
            tokens = max(1, math.floor(len(sound) / SAMPLES_A_TOKEN))
            if streaming:
                tokens = self._streamed(len(sound))
            prompt = prompt.replace(AUDIO, _placeholder("|audio_start|", tokens), 1)
        ids = self.tokenizer(prompt, add_special_tokens=False, return_tensors="pt").input_ids
        return Inputs(ids, [_pixels(picture) for picture in images], [*map(torch.tensor, sounds)])

    def _streamed(self, samples: int) -> int:
        """Sound comes a second at a time, the first one with 35 ms more."""
        expected = 16_000 if self.heard else 16_560
        if samples != expected:
            raise ValueError(f"Shape mismatch: a second has {expected} samples, not {samples}")
        self.heard += samples
        return 10


def _placeholder(name: str, tokens: int) -> str:
    end = name.replace("start", "end") if name.startswith("|") else f"/{name}"
    return f"<{name}>" + "<unk>" * tokens + f"<{end}>"


def _pixels(picture: Image.Image) -> torch.Tensor:
    """float32 (3, 8, 8) in [0, 1]."""
    small = np.asarray(picture.convert("RGB").resize((8, 8), Image.Resampling.BOX), np.float32)
    return torch.tensor(small / 255).permute(2, 0, 1)
