"""How different engines want to be asked, and how their answers are read. Pure."""

from __future__ import annotations

from agent.commentator.engine.dialects.base import Dialect, Question, Traits
from agent.commentator.engine.dialects.pressbox import Generous, Pressbox
from agent.commentator.engine.dialects.sglang_omni import SGLangOmni
from agent.commentator.engine.dialects.text_only import LlamaCpp, Ollama, SGLang
from agent.commentator.engine.dialects.vllm_omni import VllmOmni

__all__ = ["APIS", "Dialect", "Question", "Traits", "by_api", "owned"]

AUTO = "auto"

APIS: dict[str, type[Dialect]] = {
    "openai": Dialect,
    "vllm-omni": VllmOmni,
    "sglang-omni": SGLangOmni,
    "llama.cpp": LlamaCpp,
    "ollama": Ollama,
}
"""By the name in the setting ``engine_api``."""

_OWNERS: dict[str, type[Dialect]] = {
    "pressbox": Pressbox,
    "vllm": VllmOmni,
    "sglang-omni": SGLangOmni,
    "sglang": SGLang,
    "llamacpp": LlamaCpp,
    "library": Ollama,
}
"""By ``owned_by`` in ``/v1/models``."""


def by_api(api: str) -> Dialect | None:
    """The dialect of a setting, None for "auto". Raises ValueError for an unknown one."""
    if api == AUTO:
        return None
    if api not in APIS:
        raise ValueError(f"engine_api={api!r} is not known: one of {', '.join([AUTO, *APIS])}")
    return APIS[api]()


def owned(owner: str, *, near: bool) -> Dialect:
    """The dialect of whoever ``/v1/models`` names.

    Of an engine that nothing is known of, one on this machine (``near``) is told which room it
    works for; a hosted one is asked in the plain standard.
    """
    return _OWNERS.get(owner, Generous if near else Dialect)()
