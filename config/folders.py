"""Where files lie that are not part of the program."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, Field

from config.fields import Folder


def state_dir() -> Path:
    """`$XDG_STATE_HOME/pressbox`, or `~/.local/state/pressbox`."""
    return _base("XDG_STATE_HOME", ".local/state") / "pressbox"


def cache_dir() -> Path:
    """`$XDG_CACHE_HOME/pressbox`, or `~/.cache/pressbox`: what can be fetched again."""
    return _base("XDG_CACHE_HOME", ".cache") / "pressbox"


def _base(variable: str, otherwise: str) -> Path:
    given = Path(os.environ.get(variable, ""))
    return given if given.is_absolute() else Path.home() / otherwise


class Folders(BaseModel):
    """Part of the settings; the default of each follows `state_dir`."""

    state_dir: Folder = Field(
        default_factory=state_dir, description="folder of what survives a restart"
    )
    media_dir: Folder = Field(
        default_factory=lambda data: data.get("state_dir", Path()) / "media",
        description="folder of video files that may be added as sources",
    )
    voice_dir: Folder = Field(
        default_factory=lambda data: data.get("state_dir", Path()) / "voices",
        description="folder of recordings that minicpmo can speak like: NAME.wav, NAME.flac",
    )
    profile_dir: Folder = Field(
        default_factory=lambda data: data.get("state_dir", Path()) / "profiles",
        description="folder of profiles of your own, NAME.yaml, and of presets.yaml",
    )
