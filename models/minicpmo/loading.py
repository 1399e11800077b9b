"""Brings a checkpoint into memory with the code that comes with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.minicpmo import awq
from models.minicpmo.attention import use_sdpa
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.remote_code import remote_code
from models.runtime.failures import described, is_device_lost

log = logging.getLogger("engine")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready.

    Attributes:
        model: The checkpoint's MiniCPMO, with ``processor`` set.
        mute: Why it cannot speak; empty when it can.
    """

    model: Any
    mute: str


def load(
    checkpoint: Checkpoint,
    name: str,
    token2wav: Path | None,
    make: Callable[[Checkpoint, str, Path], Any] | None = None,
) -> Loaded:
    """Raises EngineStartError, or what transformers raises.

    Args:
        checkpoint: What to load.
        name: Of the device, as torch calls it: "cpu", "cuda", "cuda:1".
        token2wav: The vocoder's files; None for text only.
        make: Makes the model and its processor from a path that transformers can load, without
            weights; None: from the files there.
    """
    import torch
    import transformers

    device = torch_device(name)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    transformers.utils.logging.set_verbosity_error()
    with remote_code(checkpoint.folder) as path:
        if make is None:
            model = _from_files(checkpoint, name, path, speech=token2wav is not None)
        else:
            model = make(checkpoint, name, path)
    model.eval()
    # Never drops what the prompt is made of; each request starts from an empty context anyway.
    model.streaming_window_enabled = False
    use_sdpa(model)
    return Loaded(model, _give_voice(model, token2wav))


def torch_device(name: str) -> Any:
    """torch's device of that name, always with its number, which it wants in some places."""
    import torch

    device = torch.device(name)
    return torch.device("cuda", device.index or 0) if device.type == "cuda" else device


def _from_files(checkpoint: Checkpoint, name: str, path: Path, *, speech: bool) -> Any:
    import torch
    import transformers

    config = transformers.AutoConfig.from_pretrained(
        path, trust_remote_code=True, local_files_only=True
    )
    # Without hearing, a system turn fails in the checkpoint's code.
    config.init_vision, config.init_audio = True, True
    config.init_tts = speech
    if checkpoint.awq:
        awq.prepare(config, name, checkpoint.modules_to_not_convert)
    model = transformers.AutoModel.from_pretrained(
        path,
        config=config,
        trust_remote_code=True,
        local_files_only=True,
        attn_implementation="sdpa",
        torch_dtype=getattr(torch, checkpoint.dtype(name)),
        device_map={"": torch_device(name)},
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
        _trim(model.tts.audio_tokenizer)
    except Exception as error:  # whatever the vocoder's own libraries raise
        if is_device_lost(error):
            raise
        reason = described(error)
        log.warning("the vocoder cannot be loaded, there will be no speech: %s", reason)
        return reason
    return ""


def _trim(vocoder: Any) -> None:
    """Its caches have room for 16 steps of which it takes 10, as have the copies of each voice."""
    flow = vocoder.flow.decoder
    for name in ("att_cache_buffer", "cnn_cache_buffer"):
        setattr(flow, name, getattr(flow, name)[: vocoder.n_timesteps].clone())
