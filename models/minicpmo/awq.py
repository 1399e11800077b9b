"""AWQ INT4 checkpoints: the one place that knows who reads them.

It is autoawq 0.2.9, its last version, through transformers' own quantizer. gptqmodel, which took
its place, is what the quantizer of transformers 5 asks for; that of 4.51.3, the newest version that
the checkpoint's code works with unchanged, asks for autoawq by name. Once the code runs on a newer
one, this file is all that changes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from models.engine import EngineStartError
from models.runtime.shards import Tensor

_PACKED = ".qweight"
_WEIGHT = ".weight"
_PARAMETRISED = ".parametrizations.weight.original"
_OWNER = "llm"


def prepare(config: Any, device: str, unquantised: tuple[str, ...]) -> None:
    """Correct in memory what the checkpoint's config leaves out.

    Args:
        config: The loaded config of an AWQ checkpoint.
        device: Where the model is to run, like ``cuda:0``.
        unquantised: Parts of names of the modules with ordinary weights. transformers looks for
            these anywhere in a module's name, so ``llm`` or ``model`` would leave out everything.

    Raises:
        EngineStartError: This machine cannot run it.
    """
    if not device.startswith("cuda"):
        raise EngineStartError(
            "AWQ checkpoints need an NVIDIA GPU: use the BF16 checkpoint on this machine"
        )
    quantization = config.quantization_config
    if isinstance(quantization, dict):
        quantization["modules_to_not_convert"] = list(unquantised)
    else:
        quantization.modules_to_not_convert = list(unquantised)


def unquantised_modules(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Names for `modules_to_not_convert`, from what the weights are.

    The published config says `null`, and then every Linear would be turned into a quantised one,
    also those whose weights are not, in the encoders and in the speech model.

    A name matches every module that contains it, so a name that is contained in a quantised
    module's is never listed. Outside the language model whole components are named, since they may
    hold modules without weights of their own in the files.
    """
    packed = {name.removesuffix(_PACKED) for name in tensors if name.endswith(_PACKED)}
    found: set[str] = set()
    for name, tensor in tensors.items():
        module = _module(name)
        top = name.split(".", 1)[0]
        if top != _OWNER and not _inside(top, packed):
            found.add(top)
        elif module and len(tensor.shape) >= 2 and not _inside(module, packed):
            found.add(module)
    return tuple(sorted(found))


def _module(name: str) -> str:
    """The module that a tensor is the weight of; empty for other tensors."""
    if _PARAMETRISED in name:
        return name.split(_PARAMETRISED, 1)[0]
    return name.removesuffix(_WEIGHT) if name.endswith(_WEIGHT) else ""


def _inside(part: str, packed: Collection[str]) -> bool:
    return any(part in name for name in packed)
