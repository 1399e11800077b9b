"""Where models lie on this machine."""

from __future__ import annotations

import re
from pathlib import Path

from config.folders import cache_dir
from models.engine import EngineStartError

_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def models_folder() -> Path:
    """Where `pull` puts models."""
    return cache_dir() / "models"


def is_id(text: str) -> bool:
    """Whether it looks like `owner/name`."""
    return _ID.fullmatch(text) is not None and ".." not in text


def folder_of(repo: str) -> Path:
    """Where `pull` puts a model. Code of a folder with a dot in its name cannot be imported."""
    return models_folder() / repo.rsplit("/", 1)[-1].replace(".", "_")


def resolve(path_or_id: str) -> Path:
    """The folder of a model: a path as it is, or a hub id that was pulled.

    Raises EngineStartError when there is neither.
    """
    if not path_or_id:
        raise EngineStartError("no model is named: MODEL_PATH is its folder or hub id")
    path = Path(path_or_id).expanduser()
    if path.exists():
        return path.absolute()
    if not is_id(path_or_id):
        raise EngineStartError(f"{path} is not there: MODEL_PATH is a folder or a hub id")
    if not folder_of(path_or_id).is_dir():
        raise EngineStartError(
            f"{path_or_id} is no folder and was not pulled: python -m models pull {path_or_id}"
        )
    return folder_of(path_or_id)
