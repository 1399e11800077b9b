"""How fast MiniCPM-o runs here. Prints Markdown.

make bench-engine ARGS="--model DIR --device cuda:0"
make bench-engine ARGS="--model random-full --code DIR --device cuda:0"
make bench-engine ARGS="--model tiny --device cpu"
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch

from models.engine import AudioDelta, Delta, EngineError, GenerationRequest, TextDelta
from models.minicpmo.model import Model
from models.runtime.outgoing import Outgoing
from models.runtime.parts import Frame, Part, Prompt, Sound
from tests.bench.engine_models import made, steady

WINDOWS = (1, 4, 8)
SIZE = (336, 602)
"""Rows and columns that the engine hands over a picture of 1280x720 in."""
REFERENCE = 6.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """One request; times are seconds from its beginning, nan for what did not come."""

    first_text: float
    first_speech: float
    last_text: float
    whole: float
    tokens: int
    spoken: float

    @property
    def rate(self) -> float:
        """Tokens a second, from the first text to the last."""
        return (self.tokens - 1) / max(1e-9, self.last_text - self.first_text)


class Bench:
    """Asks one model again and again."""

    def __init__(self, model: Model, tokens: int) -> None:
        self._model = model
        self._tokens = tokens
        self._random = np.random.default_rng(4)
        self._voice = self._noise(REFERENCE)

    def cycle(self, frames: int, speech: bool) -> Cycle:
        """One request with pictures that it has never seen."""
        asked = self._prompt(frames, speech)
        texts, waves, spoken = [], [], 0.0
        begun = time.perf_counter()

        def put(delta: Delta) -> None:
            nonlocal spoken
            passed = time.perf_counter() - begun
            if isinstance(delta, TextDelta):
                texts.append(passed)
            elif isinstance(delta, AudioDelta):
                waves.append(passed)
                spoken += delta.seconds

        if speech:
            self._model.set_voice(self._voice)
        self._model.prefill(asked)
        request = GenerationRequest(max_tokens=self._tokens, seed=1)
        self._model.generate(request, Outgoing(put), speech=speech)
        nothing = [float("nan")]
        return Cycle(
            (texts or nothing)[0],
            (waves or nothing)[0],
            (texts or nothing)[-1],
            time.perf_counter() - begun,
            len(self._model.hooks.tokens),
            spoken,
        )

    def _prompt(self, frames: int, speech: bool) -> Prompt:
        shape = (frames, *SIZE, 3)
        pictures = [Frame(rgb) for rgb in self._random.integers(0, 256, shape, np.uint8)]
        persona = "You tell what the pictures show, in a few plain spoken words."
        voice: tuple[Part, ...] = ("Clone the voice in this recording.", self._voice)
        system = (*voice, persona) if speech else (persona,)
        words: tuple[Part, ...] = (
            f"{frames} pictures of a video, oldest first.\n",
            *pictures,
            "\nWhat is new?",
        )
        return Prompt(system, words)

    def _noise(self, seconds: float) -> Sound:
        samples = self._random.normal(0, 0.1, round(seconds * 16_000))
        return Sound(samples.astype(np.float32))


def report(bench: Bench, speaks: bool, windows: tuple[int, ...], repeats: int) -> str:
    """The table."""
    rows = []
    for speech in (False, True)[: 1 + speaks]:
        for frames in windows:
            bench.cycle(frames, speech)
            rows.append(_row(frames, speech, [bench.cycle(frames, speech) for _ in range(repeats)]))
    head = (
        "| frames | speech | first text | first speech | tokens/s | cycle | cycles/min | "
        "speech made | peak memory |"
    )
    return "\n".join([head, "|---" * 9 + "|", *rows])


def _row(frames: int, speech: bool, cycles: list[Cycle]) -> str:
    whole = median(cycle.whole for cycle in cycles)
    cells = [
        str(frames),
        "yes" if speech else "no",
        f"{median(cycle.first_text for cycle in cycles):.2f} s",
        f"{median(cycle.first_speech for cycle in cycles):.2f} s" if speech else "",
        f"{median(cycle.rate for cycle in cycles):.1f}",
        f"{whole:.2f} s",
        f"{60 / whole:.1f}",
        f"{median(cycle.spoken for cycle in cycles):.1f} s" if speech else "",
        f"{_peak():.2f} GiB",
    ]
    return f"| {' | '.join(cells)} |"


def _peak() -> float:
    """GiB that were taken at most so far, on the GPU or by the process."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_reserved()) / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--model", default="tiny", help="a folder, tiny, or random-full")
    parser.add_argument("--code", type=Path, help="for random-full: the true modelling code")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--tokens", type=int, default=40, help="of text in each answer")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--windows", type=int, nargs="+", default=list(WINDOWS))
    parser.add_argument("--steady", action="store_true", help="the weights are random")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        begun = time.perf_counter()
        model, note = made(options.model, options.device, options.code)
    except EngineError as error:
        raise SystemExit(str(error)) from None
    print(f"{note}, on {_name(options.device)}, loaded in {time.perf_counter() - begun:.1f} s,")
    print(f"answers of {options.tokens} tokens, medians of {options.repeats} cycles\n")
    bench = Bench(model, options.tokens)
    if options.steady or options.model == "random-full":
        steady(model.remote)
    print(report(bench, model.speaks, tuple(options.windows), options.repeats))


def _name(device: str) -> str:
    if device.startswith("cuda"):
        return str(torch.cuda.get_device_name(device))
    return f"a CPU with {torch.get_num_threads()} threads"


if __name__ == "__main__":
    main()
