"""How a model is left while it is at work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Stopped(BaseException):
    """Raised inside a model to leave it; no ``except Exception`` of its code holds it up."""


def make_stoppable(model: Any, check: Callable[[], None]) -> None:
    """Calls ``check``, which may raise Stopped, before each layer of each part of the model.

    On a slow machine a prompt takes seconds to read; a layer takes a small part of that.
    """
    from torch.nn import ModuleList

    for module in model.modules():
        if isinstance(module, ModuleList):
            for layer in module:
                layer.register_forward_pre_hook(lambda *_: check())
