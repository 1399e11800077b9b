"""Brings a checkpoint into memory with the code that comes with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.minicpmo import awq
from models.minicpmo.attention import use_sdpa
from models.minicpmo.backend import BackendError
from models.minicpmo.remote_code import remote_code
from models.runtime.failures import described, is_device_lost

log = logging.getLogger("engine")


@dataclass(frozen=True, slots=True)
class Source:
    """What to load, and onto what.

    Attributes:
        folder: The checkpoint.
        dtype: "bfloat16", "float16" or "float32", as torch calls them.
        device: As torch calls it: "cpu", "cuda", "cuda:1".
        is_awq: Whether its weights are AWQ INT4.
        unquantised: For AWQ, parts of names of the modules with ordinary weights.
        token2wav: The vocoder's files; None for text only.
    """

    folder: Path
    dtype: str
    device: str
    is_awq: bool = False
    unquantised: tuple[str, ...] = ()
    token2wav: Path | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready.

    Attributes:
        model: The checkpoint's MiniCPMO, with ``processor`` set.
        mute: Why it cannot speak; empty when it can.
    """

    model: Any
    mute: str


def load(source: Source, make: Callable[[Source, Path], Any] | None = None) -> Loaded:
    """Raises BackendError, or what transformers raises.

    Args:
        source: What to load.
        make: Makes the model and its processor from a path that transformers can load; None: from
            the files there.
    """
    import torch
    import transformers

    device = torch_device(source.device)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    transformers.utils.logging.set_verbosity_error()
    with remote_code(source.folder) as path:
        model = (make or _from_files)(source, path)
    model.eval()
    # Never drops what the prompt is made of; each request starts from an empty context anyway.
    model.streaming_window_enabled = False
    use_sdpa(model)
    return Loaded(model, _give_voice(model, source.token2wav))


def torch_device(name: str) -> Any:
    """torch's device of that name, always with its number. Raises BackendError: it is not there."""
    import torch

    device = torch.device(name)
    if device.type != "cuda":
        return device
    number = device.index or 0
    if not torch.cuda.is_available() or number >= torch.cuda.device_count():
        raise BackendError(f"no NVIDIA GPU that torch can use for device {name}")
    return torch.device("cuda", number)


def _from_files(source: Source, path: Path) -> Any:
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(
        path, trust_remote_code=True, local_files_only=True
    )
    # Without hearing, a system turn fails in the checkpoint's code.
    config.init_vision, config.init_audio = True, True
    config.init_tts = source.token2wav is not None
    if source.is_awq:
        awq.prepare(config, source.device, source.unquantised)
    model = transformers.AutoModel.from_pretrained(
        path,
        config=config,
        trust_remote_code=True,
        local_files_only=True,
        attn_implementation="sdpa",
        torch_dtype=getattr(torch, source.dtype),
        device_map={"": torch_device(source.device)},
    )
    model.processor = transformers.AutoProcessor.from_pretrained(
        path, trust_remote_code=True, local_files_only=True
    )
    return model


def _give_voice(model: Any, token2wav: Path | None) -> str:
    """Empty, or why there is none; the text does without."""
    if token2wav is None:
        return "the checkpoint has no token2wav files"
    try:
        model.init_tts(streaming=True, enable_float16=False, model_dir=str(token2wav))
    except Exception as error:  # whatever the vocoder's own libraries raise
        if is_device_lost(error):
            raise
        reason = described(error)
        log.warning("the vocoder cannot be loaded, there will be no speech: %s", reason)
        return reason
    return ""
