"""Weights as they lie on the disk: which tensors there are, and whether their files are whole."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path

from models.runtime.model_config import IncompleteError

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
_POINTER = b"version https://git-lfs"


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor in a file.

    Attributes:
        kind: Name of its type in the file, like ``BF16``.
        shape: Sizes of its axes.
    """

    kind: str
    shape: tuple[int, ...]

    @property
    def floating(self) -> bool:
        """Whether a model that is loaded in another precision turns it into that."""
        return self.kind in ("F64", "F32", "F16", "BF16")

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """What it takes on the disk; the name of its type says how many bits a number has."""
        bits = re.search(r"\d+", self.kind)
        return self.count * (int(bits[0]) if bits else 8) // 8


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint by name, from the headers alone.

    Raises:
        IncompleteError: A file is missing, broken off, or lacks a tensor that the index names.
    """
    index = _index(folder)
    files = sorted(set(index.values())) or [SINGLE]
    tensors: dict[str, Tensor] = {}
    for number, name in enumerate(files, 1):
        if not (folder / name).is_file():
            which = f", file {number} of {len(files)} of the weights," if len(files) > 1 else ""
            raise IncompleteError(f"{name}{which} is missing")
        tensors |= _header(folder / name)
    absent = sorted(index.keys() - tensors.keys())
    if absent:
        raise IncompleteError(f"{index[absent[0]]} lacks {absent[0]}, which {INDEX} says is in it")
    return tensors


def _header(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError, safe_open  # in an engine's environment only

    try:
        with path.open("rb") as file:
            if file.read(len(_POINTER)) == _POINTER:
                raise IncompleteError(
                    f"{path.name} is a pointer of git-lfs and not the file itself"
                )
        with safe_open(path, framework="numpy") as weights:
            found = {name: weights.get_slice(name) for name in weights.keys()}  # noqa: SIM118
            return {
                name: Tensor(it.get_dtype(), tuple(it.get_shape())) for name, it in found.items()
            }
    except SafetensorError:
        raise IncompleteError(f"{path.name} is only half downloaded, or damaged") from None
    except OSError as error:
        raise IncompleteError(f"{path.name} cannot be read: {error.strerror}") from None


def _index(folder: Path) -> dict[str, str]:
    """File by tensor; empty for a checkpoint of one file."""
    path = folder / INDEX
    if not path.is_file():
        if not (folder / SINGLE).is_file():
            raise IncompleteError(f"there are no weights: neither {INDEX} nor {SINGLE}")
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        index = {str(name): str(file) for name, file in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise IncompleteError(f"{INDEX} is damaged") from None
    if not index or any(Path(name).name != name for name in index.values()):
        raise IncompleteError(f"{INDEX} is damaged")
    return index
