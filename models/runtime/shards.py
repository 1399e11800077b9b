"""Weights as they lie on the disk: which tensors there are, and whether their files are whole."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
_WIDTHS = {"F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2}
_FLOATS = frozenset({"F64", "F32", "F16", "BF16"})
_LARGEST_HEADER = 100 << 20  # what the format's own library takes
_POINTER = b"version https://git-lfs"


class ShardError(Exception):
    """A file of weights that cannot be used; the text says which and why, without the folder."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor in a file.

    Attributes:
        kind: Name of its type in the file, like ``BF16``.
        shape: Sizes of its axes.
        bytes: What it takes on the disk.
    """

    kind: str
    shape: tuple[int, ...]
    bytes: int

    @property
    def floating(self) -> bool:
        """Whether a model that is loaded in another precision turns it into that."""
        return self.kind in _FLOATS

    @property
    def count(self) -> int:
        return math.prod(self.shape)


def read_weights(folder: Path) -> tuple[tuple[str, ...], dict[str, Tensor]]:
    """The files of a checkpoint in order, and its tensors by name, from the headers alone.

    Raises:
        ShardError: A file is missing, broken off, or lacks a tensor that the index names.
    """
    index = _index(folder)
    files = tuple(sorted(set(index.values()))) if index else (SINGLE,)
    tensors: dict[str, Tensor] = {}
    for number, name in enumerate(files, 1):
        if not (folder / name).is_file():
            which = f", file {number} of {len(files)} of the weights," if len(files) > 1 else ""
            raise ShardError(f"{name}{which} is missing")
        tensors |= read_header(folder / name)
    absent = sorted(index.keys() - tensors.keys())
    if absent:
        raise ShardError(f"{index[absent[0]]} lacks {absent[0]}, which {INDEX} says is in it")
    return files, tensors


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of one file. Raises ShardError unless the file is whole."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if start == _POINTER[:8]:
                raise ShardError(f"{path.name} is a pointer of git-lfs and not the file itself")
            if not 2 <= length <= _LARGEST_HEADER:
                raise _broken(path, size) if size < 8 else _no_weights(path)
            if 8 + length > size:
                raise _broken(path, size)
            header = json.loads(file.read(length))
        end, tensors = _tensors(header)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _no_weights(path) from None
    except OSError as error:
        raise ShardError(f"{path.name} cannot be read: {error.strerror}") from None
    if 8 + length + end > size:
        raise _broken(path, size, 8 + length + end)
    if 8 + length + end < size:
        raise ShardError(f"{path.name} is longer than its header says: it is damaged")
    return tensors


def _tensors(header: Mapping[str, dict[str, object]]) -> tuple[int, dict[str, Tensor]]:
    end, tensors = 0, {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        first, last = (int(offset) for offset in _list(entry["data_offsets"]))
        shape = tuple(int(axis) for axis in _list(entry["shape"]))
        tensor = Tensor(str(entry["dtype"]), shape, last - first)
        if tensor.kind in _WIDTHS and tensor.count * _WIDTHS[tensor.kind] != tensor.bytes:
            raise ValueError
        tensors[name] = tensor
        end = max(end, last)
    return end, tensors


def _list(value: object) -> list[int]:
    if not isinstance(value, list):
        raise ValueError
    return value


def _index(folder: Path) -> dict[str, str]:
    """File by tensor; empty for a checkpoint of one file."""
    path = folder / INDEX
    if not path.is_file():
        if not (folder / SINGLE).is_file():
            raise ShardError(f"there are no weights: neither {INDEX} nor {SINGLE}")
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        index = {str(name): str(file) for name, file in found.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise ShardError(f"{INDEX} is damaged") from None
    if not index or any(Path(name).name != name for name in index.values()):
        raise ShardError(f"{INDEX} is damaged")
    return index


def _broken(path: Path, size: int, whole: int = 0) -> ShardError:
    of = f" of {whole / 1e9:.3g} GB" if whole else ""
    return ShardError(f"{path.name} is only half downloaded ({size / 1e9:.3g}{of})")


def _no_weights(path: Path) -> ShardError:
    return ShardError(f"{path.name} holds no weights (it is not a safetensors file)")
