"""The config.json of a model's folder. Pure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from models.engine import EngineStartError


class IncompleteError(Exception):
    """A file of a model that is missing or damaged; the text says which, without the folder."""


def read_config(folder: Path, bring: str) -> dict[str, Any]:
    """What is in it.

    Args:
        folder: Of the model.
        bring: What brings a model that would do, for error texts.

    Raises:
        EngineStartError: This is no folder of a model.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise EngineStartError(f"{folder} {what}: MODEL_PATH names the folder of a model; {bring}")
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EngineStartError(f"{folder} has no config.json{_instead(folder)}: {bring}") from None
    except OSError as error:
        raise EngineStartError(f"{folder} cannot be read: {error.strerror}") from None
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise EngineStartError(f"{folder}: config.json is damaged: {bring}")
    return config


def _instead(folder: Path) -> str:
    if any(folder.glob("*.gguf")):
        return ", but GGUF files, which llama.cpp reads"
    inner = [path.parent for path in sorted(folder.glob("*/config.json"))]
    return f", {inner[0]} has one: MODEL_PATH={inner[0]}" if inner else ""
