"""The true vocoder of minicpmo-utils, as small as its files are, and on the CPU without CUDA.

It stands before that package on the path and reaches into it for what is fixed there: sizes, which
the first line of flow.yaml tells here, buffers of those sizes, and CUDA as the only device.
"""

from __future__ import annotations

import contextlib
import functools
import json
import pkgutil
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch
from s3tokenizer.model_v2 import S3TokenizerV2

__path__ = pkgutil.extend_path(__path__, __name__)

from stepaudio2 import token2wav as true
from stepaudio2.cosyvoice2.flow import decoder_dit, flow_matching
from stepaudio2.flashcosyvoice.modules.hifigan import HiFTGenerator

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
MARK = "# sizes "
PUBLISHED = {"depth": 16, "width": 512, "sound": 512, "tokenizer": 1280, "layers": 6}


class _Torch(types.ModuleType):
    """torch without CUDA. Its zeros take no memory before something is written to them."""

    amp = types.SimpleNamespace(autocast=lambda *_, **__: contextlib.nullcontext())

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def tensor(self, data: Any, device: str = "", **options: Any) -> torch.Tensor:
        return torch.tensor(data, **options)

    def zeros(self, *shape: Any, device: str = "") -> torch.Tensor:
        return torch.from_numpy(np.zeros(shape[0] if len(shape) == 1 else shape, np.float32))


if DEVICE == "cpu":
    true.torch = decoder_dit.torch = flow_matching.torch = _Torch("torch")
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self: self


class Token2wav(true.Token2wav):
    """Of the sizes of its files."""

    def __init__(self, model_path: str, float16: bool = False, n_timesteps: int = 10) -> None:
        line = (Path(model_path) / "flow.yaml").read_text().partition("\n")[0]
        marked = line.startswith(MARK)
        sizes = json.loads(line.removeprefix(MARK)) if marked else PUBLISHED
        tokenizer = S3TokenizerV2.__init__.__defaults__[0]
        tokenizer.n_audio_state, tokenizer.n_audio_layer = sizes["tokenizer"], sizes["layers"]
        tokenizer.n_audio_head = sizes["tokenizer"] // 64
        true.HiFTGenerator = functools.partial(HiFTGenerator, base_channels=sizes["sound"])
        super().__init__(model_path, float16, n_timesteps)
        depth, width = sizes["depth"], sizes["width"]
        for part, steps in ((self.flow.decoder, (16,)), (self.flow.decoder.estimator, ())):
            attention, kernel = (depth, 2, width // 64, 1000, 128), (depth, 2, 2 * width, 2)
            part.att_cache_buffer = true.torch.zeros(*steps, *attention, device=DEVICE)
            part.cnn_cache_buffer = true.torch.zeros(*steps, *kernel, device=DEVICE)
