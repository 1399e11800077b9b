"""The config of the tiny model."""

from __future__ import annotations

from typing import Any

from transformers import Qwen3Config


class MiniCPMOConfig(Qwen3Config):
    """Sizes of the language model, and which parts there are."""

    model_type = "minicpmo"

    def __init__(
        self,
        init_vision: bool = True,
        init_audio: bool = True,
        init_tts: bool = True,
        tts_config: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.init_vision = init_vision
        self.init_audio = init_audio
        self.init_tts = init_tts
        self.tts_config = tts_config or {}
        super().__init__(**kwargs)
