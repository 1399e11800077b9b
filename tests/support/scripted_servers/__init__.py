"""Small servers that behave as the documentation of other engines says, refusals included.

They stand in for servers that need a GPU or gigabytes of weights. What each does is cited in its
docstring by project and file; where a project's behaviour changed, the knob says so.
"""

from __future__ import annotations

from .base import ScriptedServer, serving, wav, wave_of
from .hosted import Hosted
from .llama_cpp import LlamaCppServer
from .ollama import OllamaServer
from .pressbox import PressboxServer
from .sglang_omni import SGLangOmniServer
from .vllm_omni import VllmOmniServer

__all__ = [
    "Hosted",
    "LlamaCppServer",
    "OllamaServer",
    "PressboxServer",
    "SGLangOmniServer",
    "ScriptedServer",
    "VllmOmniServer",
    "serving",
    "wav",
    "wave_of",
]
