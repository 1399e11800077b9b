"""AWQ INT4 checkpoints: the one place that knows who reads them.

It is autoawq 0.2.9, its last version, through transformers' own quantizer. gptqmodel, which took
its place, is what the quantizer of transformers 5 asks for; that of 4.51.3, the newest version that
the checkpoint's code works with unchanged, asks for autoawq by name. Once the code runs on a newer
one, this file is all that changes.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from models.minicpmo.backend import BackendError


def prepare(config: Any, device: str, unquantised: tuple[str, ...]) -> None:
    """Correct in memory what the checkpoint's config leaves out.

    Args:
        config: The loaded config of an AWQ checkpoint.
        device: Where the model is to run, like ``cuda:0``.
        unquantised: Parts of names of the modules with ordinary weights. transformers looks for
            these anywhere in a module's name, so ``llm`` or ``model`` would leave out everything.

    Raises:
        BackendError: This machine cannot run it.
    """
    if not device.startswith("cuda"):
        raise BackendError(
            "AWQ checkpoints need an NVIDIA GPU: use the BF16 checkpoint on this machine"
        )
    if importlib.util.find_spec("awq") is None:
        raise BackendError("autoawq is not installed: make engine-minicpmo")
    quantization = getattr(config, "quantization_config", None)
    if quantization is None:
        raise BackendError("the checkpoint's config has no quantization_config")
    if isinstance(quantization, dict):
        quantization["modules_to_not_convert"] = list(unquantised)
    else:
        quantization.modules_to_not_convert = list(unquantised)
