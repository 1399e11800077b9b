"""Loads a model and its processor from a folder, with no network and no code but transformers'."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from models.engine import EngineStartError
from models.runtime.failures import described, is_device_lost, is_out_of_memory
from models.vlm.checkpoint import Checkpoint
from models.vlm.machine import Place, set_threads


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model that is ready.

    Attributes:
        model: transformers' model, on its device.
        processor: Its processor.
        device: As torch calls it.
    """

    model: Any
    processor: Any
    device: str


def load(checkpoint: Checkpoint, place: Place) -> Loaded:
    """Blocks for seconds. Raises EngineStartError."""
    os.environ["HF_HUB_OFFLINE"] = "1"  # everything is in the folder; asking would be a mistake
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    set_threads()
    try:
        return _loaded(checkpoint, place)
    except Exception as error:
        if is_out_of_memory(error):
            text = f"not enough memory on {place.device}: take a smaller model"
        elif is_device_lost(error):
            text = f"the device {place.device} fails: {described(error)}"
        else:
            text = f"transformers cannot load it: {described(error)}"
        raise EngineStartError(f"{checkpoint.name}: {text}") from error


def _loaded(checkpoint: Checkpoint, place: Place) -> Loaded:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    processor = AutoProcessor.from_pretrained(
        checkpoint.folder, local_files_only=True, trust_remote_code=False
    )
    model = AutoModelForImageTextToText.from_pretrained(
        checkpoint.folder,
        dtype=getattr(torch, place.dtype),
        local_files_only=True,
        trust_remote_code=False,
    )
    return Loaded(model.to(place.device).eval(), processor, place.device)
