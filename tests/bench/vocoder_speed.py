"""What MiniCPM-o's vocoder costs here, at full size with random weights. Prints Markdown.

.venv-minicpmo/bin/python -m tests.bench.vocoder_speed --seconds 6 --threads 2
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch

from models.engine import AudioDelta, Delta, GenerationRequest
from models.runtime.outgoing import Outgoing
from tests.bench.engine_models import loaded
from tests.minicpmo.asking import LONG, prompt, sound
from tests.minicpmo.tiny import make_checkpoint
from tests.minicpmo.vocoder import weights

TOKENS = 25
"""Of text, for which the tiny model makes four seconds of speech."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="length of the recording")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    warnings.simplefilter("ignore")
    rows: list[tuple[str, float, float]] = []

    def timed(what: str, act: Callable[[], None]) -> None:
        begun = time.perf_counter(), time.process_time()
        act()
        rows.append((what, time.perf_counter() - begun[0], time.process_time() - begun[1]))

    with tempfile.TemporaryDirectory() as folder:
        made = make_checkpoint(Path(folder) / "tiny", weights.FULL)
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model = loaded(made, device)
        voice = sound(options.seconds)
        timed(f"a voice of {options.seconds:g} s", lambda: model.set_voice(voice))
        model.prefill(prompt(LONG))
        spoken: list[float] = []

        def put(delta: Delta) -> None:
            if isinstance(delta, AudioDelta):
                spoken.append(delta.seconds)

        request = GenerationRequest(max_tokens=TOKENS)
        timed("speech", lambda: model.generate(request, Outgoing(put), speech=True))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{device}, {options.threads} threads, {sum(spoken):.2f} s of speech, {peak:.1f} GiB\n")
    print("| what | passed | CPU time |\n|---|---|---|")
    for what, passed, spent in rows:
        print(f"| {what} | {passed:.1f} s | {spent:.1f} s |")


if __name__ == "__main__":
    main()
