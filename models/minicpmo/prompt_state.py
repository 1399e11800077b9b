"""Puts prompts into the model's context, and keeps what it has worked out for system parts.

What a ``Prompt`` means, token for token::

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

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers import DynamicCache

from models.engine import HEARING_RATE, EngineError
from models.runtime.bounded_cache import BoundedCache
from models.runtime.parts import Frame, Part, Prompt, Sound, content_key

GENERATION_PROMPT = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n<|tts_bos|>"
FIRST_SECOND = 16_560
"""Samples of the first piece of a spoken question; the others have ``HEARING_RATE``."""
LEAST_SOUND = HEARING_RATE // 4
KEPT_PREFIXES = 32
KEPT_PREFIX_BYTES = 256 * 1024 * 1024
"""On the device; a token takes 144 KiB at full size."""

Layers = tuple[tuple[torch.Tensor, torch.Tensor], ...]


class PromptState:
    """The context of one model. Everything here runs in the model's thread."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._numbers = itertools.count(1)
        self._prefixes: BoundedCache[Layers] = BoundedCache(KEPT_PREFIX_BYTES, KEPT_PREFIXES)
        self._opening = len(model.processor.tokenizer.encode(GENERATION_PROMPT))
        self._length = 0
        self.session = ""

    @property
    def tokens(self) -> int:
        """All that comes before the answer."""
        return self._length + self._opening

    def forget(self) -> None:
        """Drops every trace of earlier requests."""
        model = self._model
        model.reset_session(reset_token2wav_cache=False)
        for name in ("_streaming_generated_token_ids", "_last_streaming_text"):
            if hasattr(model, name):
                delattr(model, name)
        self.session = ""
        self._length = 0

    def forget_prefixes(self) -> None:
        """Frees the memory that kept system parts take."""
        self._prefixes.clear()

    def take(self, prompt: Prompt) -> None:
        """``forget``, then read ``prompt``. Raises EngineError, and what the model's code does."""
        self.forget()
        self.session = f"request-{next(self._numbers)}"
        if prompt.system:
            self._read_system(prompt.system)
        for piece, is_last in _pieces(prompt.user):
            self._read("user", piece, is_last)
        self._length = int(self._model.llm_past_key_values.get_seq_length())

    def rewind(self) -> None:
        """Back to where the answer began."""
        cache = self._model.llm_past_key_values
        layers = tuple(
            (key[..., : self._length, :], value[..., : self._length, :]) for key, value in cache
        )
        self._model.llm_past_key_values = DynamicCache.from_legacy_cache(layers)

    def _read_system(self, system: Sequence[Part]) -> None:
        key = content_key(system)
        kept = self._prefixes.get(key)
        if kept is None:
            self._read("system", [_content(part) for part in system], False)
            kept = tuple(self._model.llm_past_key_values)
            self._prefixes.put(key, kept, _size(kept))
            return
        # As streaming_prefill leaves it. The cache never writes into the tensors that it is given,
        # it replaces them; so they can be shared.
        self._model.llm_past_key_values = DynamicCache.from_legacy_cache(kept)
        self._model.session_id = self.session
        self._model.init_streaming_processor()

    def _read(self, role: str, content: list[Any], is_last: bool) -> None:
        self._model.streaming_prefill(
            session_id=self.session,
            msgs=[{"role": role, "content": content}],
            omni_mode=True,
            max_slice_nums=1,
            use_tts_template=True,
            enable_thinking=False,
            is_last_chunk=is_last,
        )


# A picture that is not copied with the message that it is in.
_Still = type("_Still", (Image.Image,), {"__deepcopy__": lambda self, _memo: self})


def _content(part: Part) -> Any:
    if isinstance(part, str):
        return part
    if isinstance(part, Frame):
        picture = Image.fromarray(part.rgb)
        picture.__class__ = _Still
        return picture
    return _heard(part)


def _heard(sound: Sound) -> np.ndarray[Any, np.dtype[np.float32]]:
    if len(sound.samples) < LEAST_SOUND or not np.isfinite(sound.samples).all():
        raise EngineError("a recording must have at least 0.25 s, all of it finite numbers")
    return sound.samples


def _pieces(parts: Sequence[Part]) -> list[tuple[list[Any], bool]]:
    """What ``streaming_prefill`` is called with: it takes a second of a question at a time."""
    pieces: list[tuple[list[Any], bool]] = [([], False)]
    sounds = [part for part in parts if isinstance(part, Sound)]
    if len(sounds) > 1:
        raise EngineError("a request may hold one spoken question")
    for part in parts:
        if not isinstance(part, Sound):
            pieces[-1][0].append(_content(part))
            continue
        for second in _seconds(_heard(part)):
            if any(isinstance(held, np.ndarray) for held in pieces[-1][0]):
                pieces.append(([], False))
            pieces[-1][0].append(second)
        pieces[-1] = (pieces[-1][0], True)
    return pieces


def _seconds(
    samples: np.ndarray[Any, np.dtype[np.float32]],
) -> list[np.ndarray[Any, np.dtype[np.float32]]]:
    """Whole seconds, with silence at the end: the code miscounts the tokens of a shorter piece."""
    rest = max(0, len(samples) - FIRST_SECOND)
    wanted = FIRST_SECOND + -(-rest // HEARING_RATE) * HEARING_RATE
    padded = np.pad(samples, (0, wanted - len(samples)))
    return [
        padded[:FIRST_SECOND],
        *(padded[at : at + HEARING_RATE] for at in range(FIRST_SECOND, wanted, HEARING_RATE)),
    ]


def _size(layers: Layers) -> int:
    return sum(tensor.nbytes for layer in layers for tensor in layer)
