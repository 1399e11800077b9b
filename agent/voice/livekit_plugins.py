"""LiveKit plugins by name: made, and their failures told in one line without keys."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Mapping
from typing import Any, Literal

from livekit.agents import APIStatusError
from livekit.agents import __version__ as livekit_version

_SECRET_NAME = re.compile(r"key|token|secret|password|credential", re.IGNORECASE)


class PluginError(Exception):
    """A plugin cannot be had; the text is one line that may be shown to anyone."""


def make(name: str, kind: Literal["TTS", "STT"], options: Mapping[str, Any]) -> Any:
    """``livekit.plugins.NAME.KIND(**options)``; call it in the main thread, as LiveKit wants.

    Raises PluginError.
    """
    module_name = f"livekit.plugins.{name.replace('-', '_')}"
    try:
        return getattr(importlib.import_module(module_name), kind)(**options)
    except Exception as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if not missing or not module_name.startswith(missing):
            raise PluginError(told(name, error, options)) from None
        # LiveKit releases plugins and agents together; a newer plugin would bring newer agents.
        package = f"livekit-plugins-{name.replace('_', '-')}=={livekit_version}"
        raise PluginError(
            f"the LiveKit plugin {name} is not installed: pip install {package}"
        ) from None


def told(name: str, error: Exception, options: Mapping[str, Any]) -> str:
    """What went wrong, for anyone to read; ``options``: what the plugin was made with."""
    text = str(error)
    if isinstance(error, APIStatusError) and error.status_code > 0:
        text = f"{error.status_code}: {error.message}"
    line = " ".join(text.split()) or type(error).__name__
    line = re.sub(r"\?[^\s'\"]*=[^\s'\"]*", "", line)  # the query of an address may hold a key
    for secret in _secrets(options):
        line = line.replace(secret, "***")
    return f"{name}: {line[:200]}"


def _secrets(options: Mapping[str, Any]) -> list[str]:
    named = [*os.environ.items(), *options.items()]
    found = {str(value) for name, value in named if _SECRET_NAME.search(name)}
    return sorted((value for value in found if len(value) >= 6), key=len, reverse=True)
