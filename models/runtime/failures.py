"""What an exception from inside a model means for the requests after it."""

from __future__ import annotations

import torch

_DEVICE_WORDS = ("CUDA error", "device-side assert", "CUBLAS_STATUS", "CUDNN_STATUS")


def is_out_of_memory(error: BaseException) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError)


def is_device_lost(error: BaseException) -> bool:
    """After any of these each further call of the device fails in this process."""
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in _DEVICE_WORDS)


def described(error: BaseException) -> str:
    """One line: what kind of error, and the first line of what it says."""
    text = str(error).strip().split("\n", 1)[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
