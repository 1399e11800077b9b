"""What went wrong inside the model, as an error of the backend."""

from __future__ import annotations

from models.minicpmo.backend import BackendError, DeviceLost, OutOfMemory
from models.runtime.failures import described, is_device_lost, is_out_of_memory


def as_backend_error(error: Exception) -> BackendError:
    """The error that the engine understands; a BackendError is left as it is."""
    if isinstance(error, BackendError):
        return error
    if is_out_of_memory(error):
        return OutOfMemory("not enough memory for this request")
    if is_device_lost(error):
        return DeviceLost(described(error))
    return BackendError(described(error))
