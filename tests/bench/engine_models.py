"""The models that the speed of the engine is measured on."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

from models.minicpmo import assets
from models.minicpmo.backend import BackendError
from models.minicpmo.checkpoint import Checkpoint
from models.minicpmo.loading import Source, load
from models.minicpmo.remote_backend import RemoteBackend
from models.minicpmo.vocoder_files import readable
from tests.minicpmo.random_weights import FULL, lay_out
from tests.minicpmo.tiny import make_checkpoint

STAND_IN = Path(__file__).parents[1] / "minicpmo/vocoder"
SPEECH_FOR_A_TOKEN = 7
"""Tokens of speech for a token of text in ordinary speech: 25 and about 3.5 a second."""


def made(model: str, device: str, code: Path | None) -> tuple[RemoteBackend, str]:
    """A backend that is not loaded yet, and what is to be said of it.

    Args:
        model: A folder, "tiny", or "random-full": full size, with random weights.
        device: As torch calls it.
        code: For "random-full", a folder with the true modelling code and tokenizer.

    Raises:
        BackendError: Something of that is missing.
    """
    if model == "random-full":
        if code is None:
            raise BackendError("random-full needs --code, a folder with the true modelling code")
        return _random(code, device)
    folder = Path(tempfile.mkdtemp()) / "tiny" if model == "tiny" else Path(model)
    if model == "tiny":
        make_checkpoint(folder)
    note = _stand_in() if not torch.cuda.is_available() else ""
    read = Checkpoint.read(folder)
    source = Source(
        read.folder,
        read.dtype(device),
        device,
        is_awq=read.awq,
        unquantised=read.modules_to_not_convert,
        token2wav=read.token2wav and readable(read.token2wav, assets.installed_utils()),
    )
    return RemoteBackend(source), f"{read.name}, {read.dtype(device)}{note}"


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


def _random(code: Path, device: str) -> tuple[RemoteBackend, str]:
    folder = Path(tempfile.mkdtemp()) / "random"
    lay_out(code, folder, FULL)
    dtype = "float32" if device == "cpu" else "bfloat16"
    source = Source(folder, dtype, device, token2wav=folder / "assets/token2wav")
    note = f"full size, random weights, {dtype}{_stand_in()}"
    return RemoteBackend(source, lambda wanted: load(wanted, _drawn)), note


def _drawn(source: Source, path: Path) -> Any:
    """On the device at once: the computer's memory need not hold it."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(path, trust_remote_code=True)
    torch.manual_seed(4)
    with torch.device(source.device):
        model = transformers.AutoModel.from_config(
            config,
            trust_remote_code=True,
            attn_implementation="sdpa",
            torch_dtype=getattr(torch, source.dtype),
        )
    model.to(source.device)
    model.processor = transformers.AutoProcessor.from_pretrained(path, trust_remote_code=True)
    return model


def _stand_in() -> str:
    """Puts the stand-in for the vocoder first: its files are empty here, or it wants CUDA."""
    if str(STAND_IN) not in sys.path:
        sys.path.insert(0, str(STAND_IN))
    return ", a stand-in for the vocoder"
