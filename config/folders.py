"""Where files lie that are not part of the program."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field

from config import origins
from config.fields import Folder


class Folders(BaseModel):
    """Part of the settings; the default of each follows `state_dir`."""

    state_dir: Folder = Field(
        default_factory=origins.default_state_dir, description="folder of what survives a restart"
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
