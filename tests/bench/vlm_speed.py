"""How fast the vlm engine is with a model of SmolVLM2's size: random weights, no download.

    .venv-vlm/bin/python -m tests.bench.vlm_speed --model 500M --dtype bfloat16

Speed does not depend on what the weights say. A first window has only new pictures; in the next
one half of them are known, as in a room where each picture is in two windows. On a machine that
has other work, ``--clock cpu`` counts the seconds of the processor in place of those that pass; of
one thread they are what an idle machine would take.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import SmolVLMForConditionalGeneration

from models.engine import GenerationRequest, Picture
from models.runtime.parts import Frame
from models.runtime.prompt import build
from models.runtime.sampling import Sampling
from models.vlm.describer import Describer
from models.vlm.loading import Loaded
from models.vlm.machine import set_threads
from tests.vlm import tiny

_VISION = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "image_size": 512,
    "patch_size": 16,
}
# hidden, intermediate, layers, heads, heads of keys: config.json of the published checkpoints
_TEXT = {"256M": (576, 1536, 30, 9, 3), "500M": (960, 2560, 32, 15, 5)}
_VOCABULARY = 49_280
_CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds to the first token, and tokens a second after it."""

    first: float
    rate: float


def main(arguments: Sequence[str] | None = None) -> None:
    given = _parser().parse_args(arguments)
    set_threads()
    clock = _CLOCKS[given.clock]
    describer = Describer(_loaded(given.model, given.dtype, given.device), lambda: None)
    describer.rehearse()
    print(
        f"SmolVLM2-{given.model} (random), {given.device}, {given.dtype}, "
        f"{torch.get_num_threads()} threads, {given.clock} clock, {given.tokens} tokens, "
        f"{describer.frame_tokens} tokens a picture, features reused: {describer.reuses}"
    )
    print("| frames | new | first token s | tokens/s | window s | cycles/min |")
    print("|---|---|---|---|---|---|")
    for count in given.frames:
        for new in dict.fromkeys((count, max(1, count // 2), 0)):
            timings = [
                _timed(describer, count, new, given.tokens, clock) for _ in range(given.repeat)
            ]
            _print(count, new, timings, given.tokens)


def _print(count: int, new: int, timings: list[Timing], tokens: int) -> None:
    first = statistics.median(timing.first for timing in timings)
    rate = statistics.median(timing.rate for timing in timings)
    whole = first + (tokens - 1) / rate
    print(f"| {count} | {new} | {first:.2f} | {rate:.1f} | {whole:.2f} | {60 / whole:.1f} |")


def _timed(
    describer: Describer, count: int, new: int, tokens: int, clock: Callable[[], float]
) -> Timing:
    describer.forget()
    frames = [_frame(at) for at in range(count)]
    times = [float(at - count + 1) for at in range(count)]
    request = GenerationRequest(
        system="Say what happens.",
        text="What now?",
        pictures=tuple(Picture(b"", at) for at in times),
    )
    prompt = build(request, frames)
    known = frames[: count - new]
    if known:
        describer.describe(build(GenerationRequest(), known), known, Sampling(1, 0), lambda _: None)
    stamps: list[float] = []
    begin = clock()

    def say(text: str) -> None:
        if text:
            stamps.append(clock())

    _, outcome = describer.describe(prompt, frames, Sampling(tokens, 0), say)
    end = clock()
    return Timing(stamps[0] - begin, (outcome.tokens - 1) / (end - stamps[0]))


def _loaded(model: str, dtype: str, device: str) -> Loaded:
    words = tiny.smolvlm_tokenizer()
    config = tiny.smolvlm_config(words, _VISION, _text(model, words), 4)
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, dtype))
    made = SmolVLMForConditionalGeneration(config).to(device).eval()
    torch.set_default_dtype(torch.float32)
    made.generation_config.eos_token_id = None
    made.generation_config.suppress_tokens = list(range(128, _VOCABULARY))
    return Loaded(made, tiny.smolvlm_processor(words, side=512, tokens=64), device)


def _text(model: str, words: Any) -> dict[str, Any]:
    hidden, inner, layers, heads, keys = _TEXT[model]
    return {
        "vocab_size": _VOCABULARY,
        "hidden_size": hidden,
        "intermediate_size": inner,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": keys,
        "head_dim": 64,
        "max_position_embeddings": 8192,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
    }


def _frame(seed: int) -> Frame:
    return Frame(np.random.default_rng(seed).integers(0, 256, (336, 602, 3), np.uint8))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--model", choices=sorted(_TEXT), default="500M")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--clock", choices=sorted(_CLOCKS), default="wall")
    parser.add_argument("--frames", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--tokens", type=int, default=24)
    parser.add_argument("--repeat", type=int, default=3)
    return parser


if __name__ == "__main__":
    main()
