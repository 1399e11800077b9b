"""Which modules of an AWQ checkpoint were left unquantised. Pure.

The published config says `modules_to_not_convert: null`, and then every Linear would be turned into
a quantised one, also those whose weights are not, in the encoders and in the speech model.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from models.runtime.shards import Tensor

_PACKED = ".qweight"
_WEIGHT = ".weight"
_PARAMETRISED = ".parametrizations.weight.original"
_OWNER = "llm"


def of(tensors: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Names for `modules_to_not_convert`, from what the weights are.

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
