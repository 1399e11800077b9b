"""Devices: which one is meant, and what memory it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.engine import EngineStartError

GIB = 1 << 30
CUDA_CONTEXT = GIB // 2
"""Bytes that context and cuBLAS workspaces of torch 2.8 take: 0.3 to 0.6 GiB, an allowance."""


class NotEnoughMemoryError(EngineStartError):
    """The model does not fit; the text is one line that says what would."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a device has for this process, its CUDA context included.

    Attributes:
        free: Bytes that can be had now.
        total: Bytes that the device has in all.
    """

    free: int
    total: int

    def within(self, budget_gib: float, device: str) -> tuple[int, str]:
        """The bytes that may be taken, of a budget where there is one, and the words for them."""
        limit = int(budget_gib * GIB) if budget_gib else self.free
        if limit < self.free:
            return limit, f"ENGINE_MEMORY allows {budget_gib:g} GiB"
        has = f"{device} has {self.free / GIB:.1f} GiB free of {self.total / GIB:.1f}"
        return self.free, has


def found_device(device: str) -> str:
    """The device that ``auto`` means; any other as it is."""
    if device != "auto":
        return device
    try:
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    except ImportError:
        return "cpu"


def room(device: str) -> Room:
    """The memory of a device. Raises NotEnoughMemoryError when there is no such device."""
    if device == "cpu":
        return _cpu_room(Path("/proc/meminfo"), Path("/sys/fs/cgroup"))
    try:
        import torch

        free, total = torch.cuda.mem_get_info(device)
    except (ImportError, RuntimeError, AssertionError, ValueError):
        raise NotEnoughMemoryError(
            f"there is no {device} that torch can use on this machine: --device cpu, or see what "
            "nvidia-smi says"
        ) from None
    # Asking has made this process's context, which is part of the need.
    return Room(min(free + CUDA_CONTEXT, total), total)


def free_now(device: str, budget: int = 0) -> int:
    """Bytes that a process with a model in it can still have, of ``budget`` where there is one.

    On a GPU torch holds on to what it has had, so that counts as free as well.
    """
    if device == "cpu":
        return room(device).free
    import torch

    taken = int(torch.cuda.memory_allocated(device))
    held = int(torch.cuda.memory_reserved(device)) - taken
    free = int(torch.cuda.mem_get_info(device)[0]) + held
    return min(free, budget - CUDA_CONTEXT - taken) if budget else free


def _cpu_room(meminfo: Path, cgroup: Path) -> Room:
    """What Linux says is available, or less where a container may not have it."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if " kB" in line}
        free, total = sizes["MemAvailable"], sizes["MemTotal"]
    except (OSError, ValueError, KeyError, IndexError):
        raise NotEnoughMemoryError("this machine does not say how much memory it has") from None
    try:
        most = int((cgroup / "memory.max").read_text(encoding="ascii"))
        used = int((cgroup / "memory.current").read_text(encoding="ascii"))
        return Room(min(free, max(0, most - used)), min(total, most))
    except (OSError, ValueError):
        return Room(free, total)
