"""What the model saw in each picture, kept: windows overlap, and looking is most of the work.

A model of transformers takes what its encoder made of the pictures instead of the pictures
(``mm_encoder_outputs``). Here each picture is encoded alone and its features are kept.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from models.runtime.bounded_cache import BoundedCache
from models.runtime.parts import Frame, content_key

CACHE_BYTES = 256 * 1024 * 1024
"""On the model's device; a picture takes 64 to 1,000 tokens of 2 to 16 KB."""
RAW = ("pixel_values", "pixel_values_images", "image_patches")
"""Names of the pixels among a model's inputs."""
_PARTS = ("pooler_output", "deepstack_features")
"""Of an encoder's output, those that the models read."""


def can_reuse(model: Any) -> bool:
    """Whether the model takes features instead of pictures, and gives them."""
    return (
        not model.config.is_encoder_decoder
        and "mm_encoder_outputs" in inspect.signature(model.forward).parameters
        and hasattr(model.base_model, "get_image_features")
    )


def encode(model: Any, inputs: dict[str, Any]) -> Any:
    """The encoder's output for the pictures in ``inputs``, as an object of transformers' own."""
    look = model.base_model.get_image_features
    names = inspect.signature(look).parameters
    output = look(**{name: inputs[name] for name in names if name in inputs}, return_dict=True)
    return type(output)(**{part: output[part] for part in _PARTS if output.get(part) is not None})


class Features:
    """Keeps the features of pictures by their content. Used from one thread."""

    def __init__(self, look: Callable[[Frame], Any], limit: int = CACHE_BYTES) -> None:
        """At most ``limit`` bytes are kept."""
        self._look = look
        self.cache: BoundedCache[Any] = BoundedCache(limit)

    def of(self, frames: Sequence[Frame]) -> Any:
        """The output for ``frames`` in their order, as if they had been encoded together."""
        return joined([self._one(frame) for frame in frames])

    def _one(self, frame: Frame) -> Any:
        key = content_key([frame])
        features = self.cache.get(key)
        if features is None:
            features = self._look(frame)
            self.cache.put(key, features, _size(features))
        return features


def joined(outputs: Sequence[Any]) -> Any:
    """Outputs of several pictures as one, in the containers that the model uses itself."""
    parts = {part: _chained([output[part] for output in outputs]) for part in outputs[0]}
    if "deepstack_features" in parts:
        layers = zip(*(output["deepstack_features"] for output in outputs), strict=True)
        parts["deepstack_features"] = [_chained(list(layer)) for layer in layers]
    return type(outputs[0])(**parts)


def _chained(values: Sequence[Any]) -> Any:
    if isinstance(values[0], torch.Tensor):
        return torch.cat(list(values), dim=0)
    return [item for value in values for item in value]


def _size(value: Any) -> int:
    if isinstance(value, torch.Tensor):
        return int(value.nbytes)
    inner: Iterable[Any] = value.values() if hasattr(value, "values") else value
    return sum(_size(item) for item in inner)
