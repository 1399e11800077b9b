"""Where and how a model runs here: device, precision, threads, and whether it fits."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from models.engine import EngineStartError
from models.runtime.device import GIB, found_device, room
from models.runtime.limits import WINDOW
from models.runtime.memory_watch import RequestNeed
from models.vlm.checkpoint import Checkpoint

_FAST_SHORT = frozenset({"avx512_bf16", "amx_bf16", "bf16"})

_FIXED_TOKENS = 1600
"""Of text and answer."""
_FIXED_WORK = 128 << 20
_PICTURE_WORK = 32 << 20


@dataclass(frozen=True, slots=True)
class Place:
    """How a model is loaded.

    Attributes:
        device: `cpu`, `cuda` or `cuda:N`.
        dtype: Name of torch's type: float32, float16 or bfloat16.
        need: Bytes that it will take.
    """

    device: str
    dtype: str
    need: int


def place(checkpoint: Checkpoint, device: str, budget_gib: float = 0.0) -> Place:
    """Where it runs.

    Args:
        checkpoint: What is to be loaded.
        device: As in the settings: auto, cpu, cuda, cuda:N.
        budget_gib: GiB it may take; 0: what is free.

    Raises:
        EngineStartError: There is no such device, or it does not fit.
    """
    device = found_device(device)
    found = room(device)
    dtype = _dtype(device)
    need = checkpoint.need(4 if dtype == "float32" else 2, WINDOW)
    limit, has = found.within(budget_gib, device)
    if need > limit:
        raise EngineStartError(
            f"{checkpoint.name} needs about {need / GIB:.1f} GiB and {has}: take a smaller model"
        )
    return Place(device, dtype, need)


def request_need(checkpoint: Checkpoint, dtype: str, frame_tokens: int) -> RequestNeed:
    """What one more request takes beside the loaded model: its context, and allowances for work."""
    width = 4 if dtype == "float32" else 2
    token = checkpoint.need(width, 1) - checkpoint.need(width, 0)
    return RequestNeed(_FIXED_TOKENS * token + _FIXED_WORK, frame_tokens * token + _PICTURE_WORK)


def set_threads() -> None:
    """All cores but one, which is left to the rest of the machine; OMP_NUM_THREADS has its way."""
    if "OMP_NUM_THREADS" not in os.environ:
        import torch

        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) - 1))


def cpu_dtype(flags: frozenset[str]) -> str:
    """A processor with bfloat16 arithmetic is about twice as fast in it; others are far slower."""
    return "bfloat16" if flags & _FAST_SHORT else "float32"


def _dtype(device: str) -> str:
    if device == "cpu":
        return cpu_dtype(_cpu_flags(Path("/proc/cpuinfo")))
    import torch

    return "bfloat16" if torch.cuda.get_device_capability(device) >= (8, 0) else "float16"


def _cpu_flags(path: Path) -> frozenset[str]:
    """Of the first processor; x86 calls them flags, ARM Features."""
    try:
        for line in path.read_text(encoding="ascii", errors="replace").splitlines():
            name, _, words = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return frozenset(words.split())
    except OSError:
        pass
    return frozenset()
