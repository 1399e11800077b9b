"""Stands in for the vocoder on machines without CUDA: same calls, a tone instead of a voice.

``FAULT`` makes it fail: "error" while streaming, "not finite" samples, "prompt" for a
reference that it cannot use. ``PASSES`` chunks are made before that.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import torch

SAMPLES_A_TOKEN = 960  # 25 tokens a second at 24 kHz
LOOKAHEAD = 3

FAULT = ""
PASSES = 0


class Token2wav:
    """Each token is 40 ms of a tone: the voice gives the pitch, the token the loudness."""

    def __init__(self, model_path: str, float16: bool = False, n_timesteps: int = 10) -> None:
        if float16:
            raise ValueError("float16 breaks the vocoder")
        if not (Path(model_path) / "flow.pt").is_file():
            raise FileNotFoundError(f"no flow.pt under {model_path}")
        self.cache: Any = {}
        self.stream_cache: dict[str, torch.Tensor] | None = None
        self.hift_cache_dict: dict[str, torch.Tensor] = {}
        self.chunks = 0

    def set_stream_cache(self, prompt_wav: str) -> tuple[Any, Any]:
        """Reads the reference; its mean loudness and length become the voice."""
        if FAULT == "prompt":
            raise RuntimeError("the reference has no speech in it")
        with wave.open(prompt_wav) as file:
            if file.getframerate() != 16_000:
                raise ValueError("the reference must have 16 kHz")
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        pitch = 100.0 + float(np.abs(samples.astype(np.float64)).mean()) / 50
        self.cache = {prompt_wav: pitch}
        flow = {"pitch": torch.tensor(pitch), "position": torch.zeros(1)}
        return flow, {"source": torch.zeros(1, 1, 0)}

    def stream(
        self,
        generated_speech_tokens: list[int],
        prompt_wav: str | None = None,
        last_chunk: bool = False,
        return_waveform: bool = False,
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """float32 (1, n): 40 ms a token; all but the last call leave out the lookahead."""
        if not return_waveform or prompt_wav is not None:
            raise ValueError("the model asks for waveforms of the voice that has been set")
        if self.stream_cache is None or len(self.cache) != 1:
            raise ValueError("Call set_stream_cache(prompt_wav) before stream()")
        self.chunks += 1
        tokens = generated_speech_tokens
        if not last_chunk:
            tokens = tokens[:-LOOKAHEAD]
        if FAULT == "error" and self.chunks > PASSES:
            raise RuntimeError("the vocoder broke")
        begun = float(self.stream_cache["position"])
        count = len(tokens) * SAMPLES_A_TOKEN
        self.stream_cache["position"] += count
        times = (begun + np.arange(count)) / 24_000
        loudness = np.repeat(0.1 + np.asarray(tokens, np.float64) % 100 / 200, SAMPLES_A_TOKEN)
        waves = np.sin(2 * np.pi * float(self.stream_cache["pitch"]) * times) * loudness
        if FAULT == "not finite" and self.chunks > PASSES:
            waves[count // 2] = np.nan
        return waves.astype(np.float32)[None]
