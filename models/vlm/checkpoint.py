"""What lies in a folder: a vision-language model that transformers has itself, whole, or not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.engine import EngineStartError
from models.runtime import shards
from models.runtime.model_config import IncompleteError, read_config
from models.runtime.shards import Tensor

EXAMPLE = "HuggingFaceTB/SmolVLM2-500M-Video-Instruct"
_PROCESSORS = ("processor_config.json", "preprocessor_config.json")
_LAYERS = 48  # allowance where a config does not say
_KEY_WIDTH = 1024


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder that was looked at.

    Attributes:
        folder: Absolute.
        config: Its config.json.
        tensors: Its weights by name, from the headers of their files.
    """

    folder: Path
    config: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{self.folder.name} ({self.config['model_type']})"

    @property
    def parameters(self) -> int:
        return sum(tensor.count for tensor in self.tensors.values())

    def need(self, width: int, window: int) -> int:
        """About the bytes that it takes: weights, keys and values of a window, and its work.

        Args:
            width: Bytes of a number: 2 or 4.
            window: Tokens of prompt and answer.
        """
        text = self.config.get("text_config")
        text = text if isinstance(text, dict) else {}
        layers = int(text.get("num_hidden_layers") or _LAYERS)
        heads = int(text.get("num_key_value_heads") or 0)
        keys = heads * int(text.get("head_dim") or 64) or _KEY_WIDTH
        weights = self.parameters * width
        return math.ceil(1.05 * weights + 2 * layers * keys * width * window + (1 << 29))

    @staticmethod
    def read(folder: Path) -> Checkpoint:
        """Looks at a folder, without loading anything.

        Raises:
            EngineStartError: It holds no model, one of another kind, or not all of one.
        """
        folder = folder.expanduser().absolute()
        config = read_config(folder, f"python -m models pull {EXAMPLE} brings a small model")
        _check_kind(folder, config)
        try:
            _check_files(folder)
            tensors = shards.read_weights(folder)
        except IncompleteError as error:
            raise EngineStartError(
                f"{folder}: {error}: pull the model again, what is there is kept"
            ) from None
        return Checkpoint(folder, config, tensors)


def _check_kind(folder: Path, config: Mapping[str, Any]) -> None:
    known, vision = _known()
    kind = str(config.get("model_type"))
    if kind == "minicpmo":
        raise EngineStartError(f"{folder} is a MiniCPM-o: ENGINE=minicpmo runs it")
    if kind not in vision and config.get("auto_map"):
        raise EngineStartError(
            f"{folder} ({kind}) needs code of its own, and this engine runs models that "
            f"transformers has itself, like {EXAMPLE}"
        )
    if kind not in vision:
        why = "takes no pictures" if kind in known else "is not known to this transformers"
        raise EngineStartError(f"{folder} is a model of kind {kind}, which {why}; {EXAMPLE} suits")
    quantised = config.get("quantization_config")
    if quantised:
        method = quantised.get("quant_method", "?") if isinstance(quantised, dict) else "?"
        raise EngineStartError(
            f"{folder} is quantised ({method}), and this engine runs unquantised weights only"
        )


def _known() -> tuple[frozenset[str], frozenset[str]]:
    """Kinds of models that transformers has, and those of them that read pictures and write."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES as VISION,
    )

    return frozenset(CONFIG_MAPPING_NAMES), frozenset(VISION)


def _check_files(folder: Path) -> None:
    if not any((folder / name).is_file() for name in _PROCESSORS):
        raise IncompleteError(f"{_PROCESSORS[0]} is missing")
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model")):
        raise IncompleteError("tokenizer.json is missing")
