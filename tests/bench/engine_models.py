"""The models that the speed of the engine is measured on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from models.engine import EngineStartError
from models.minicpmo import assets
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.loading import load
from models.minicpmo.model import Model
from models.minicpmo.vocoder_files import readable
from tests.minicpmo.random_weights import FULL, lay_out
from tests.minicpmo.tiny import make_checkpoint
from tests.minicpmo.vocoder import weights

SPEECH_FOR_A_TOKEN = 7
"""Tokens of speech for a token of text in ordinary speech: 25 and about 3.5 a second."""


def made(model: str, device: str, code: Path | None) -> tuple[Model, str]:
    """A loaded model, and what is to be said of it.

    Args:
        model: A folder, "tiny", or "random-full": full size, with random weights.
        device: As torch calls it.
        code: For "random-full", a folder with the true modelling code and tokenizer.

    Raises:
        EngineStartError: Something of that is missing.
    """
    if model == "random-full":
        if code is None:
            raise EngineStartError(
                "random-full needs --code, a folder with the true modelling code"
            )
        return _random(code, device)
    folder = Path(tempfile.mkdtemp()) / "tiny" if model == "tiny" else Path(model)
    if model == "tiny":
        make_checkpoint(folder)
    read = Checkpoint.read(folder)
    return loaded(folder, device), f"{read.name}, {read.dtype(device)}"


def loaded(folder: Path, device: str) -> Model:
    """The checkpoint in ``folder``."""
    read = Checkpoint.read(folder)
    files = read.token2wav and readable(read.token2wav, assets.installed_utils())
    return Model(load(read, device, files), _nobody_stops)


def steady(model: Any) -> None:
    """Lets random weights speak for as long as true ones would: the speech model never ends."""
    speech, left = model.tts, 0

    def asked(_module: Any, args: tuple[Any, ...]) -> None:
        nonlocal left
        left = SPEECH_FOR_A_TOKEN * args[0].numel() if args[0].dim() == 2 else left

    def chosen(_module: Any, _args: Any, logits: Any) -> Any:
        nonlocal left
        left -= 1
        logits[..., -1] = 1e4 if left < 0 else -1e4
        return logits

    speech.emb_text.register_forward_pre_hook(asked)
    speech.head_code[0].register_forward_hook(chosen)


def _random(code: Path, device: str) -> tuple[Model, str]:
    folder = Path(tempfile.mkdtemp()) / "random"
    lay_out(code, folder, FULL, weights.FULL)
    vocoder = readable(folder / assets.FOLDER, assets.installed_utils())
    checkpoint = Checkpoint(folder, "bf16", {}, {})
    note = f"full size, random weights, {checkpoint.dtype(device)}"
    return Model(load(checkpoint, device, vocoder, _drawn), _nobody_stops), note


def _nobody_stops() -> None:
    pass


def _drawn(checkpoint: Checkpoint, device: str, path: Path) -> Any:
    """On the device at once: the computer's memory need not hold it."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(path, trust_remote_code=True)
    torch.manual_seed(4)
    with torch.device(device):
        model = transformers.AutoModel.from_config(
            config,
            trust_remote_code=True,
            attn_implementation="sdpa",
            torch_dtype=getattr(torch, checkpoint.dtype(device)),
        )
    model.to(device)
    model.processor = transformers.AutoProcessor.from_pretrained(path, trust_remote_code=True)
    return model
