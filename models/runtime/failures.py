"""What an exception from inside a model means for the requests after it."""

from __future__ import annotations

_NO_MEMORY = ("out of memory", "STATUS_ALLOC_FAILED", "DefaultCPUAllocator", "allocate memory")
_DEVICE_LOST = ("CUDA error", "device-side assert", "CUBLAS_STATUS", "CUDNN_STATUS")


def is_out_of_memory(error: BaseException) -> bool:
    """torch says it by a class of its own, libraries under it and beside it by their words."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or (isinstance(error, RuntimeError) and any(word in str(error) for word in _NO_MEMORY))
    )


def is_device_lost(error: BaseException) -> bool:
    """After any of these each further call of the device fails in this process."""
    if not isinstance(error, RuntimeError) or is_out_of_memory(error):
        return False
    known = any(word in str(error) for word in _DEVICE_LOST)
    return known or type(error).__name__ == "AcceleratorError"


def described(error: BaseException) -> str:
    """One line: what kind of error, and the first line of what it says."""
    text = str(error).strip().split("\n", 1)[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
