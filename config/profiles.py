"""Profiles (personas) and presets (sets of pacing numbers), from the YAML files beside this."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from config.errors import Problem, SettingsError

_HERE = Path(__file__).parent


class Profile(BaseModel):
    """A persona: who speaks, in which voice and language, by which rules."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    prompt: str
    voice: str = ""
    language: str = "en"
    rules: tuple[str, ...] = ()

    @property
    def instructions(self) -> str:
        """The whole system prompt: the persona, then its rules, one a line."""
        return "\n".join([self.prompt.strip(), *(f"- {rule}" for rule in self.rules)])


def profile_names() -> tuple[str, ...]:
    """Names of the known profiles, sorted."""
    return tuple(sorted(path.stem for path in (_HERE / "profiles").glob("*.yaml")))


@cache
def load_profile(name: str) -> Profile:
    """The profile of that name. Raises SettingsError that names the known ones."""
    if name not in profile_names():
        raise SettingsError([Problem("profile", name, "one of " + ", ".join(profile_names()))])
    text = (_HERE / "profiles" / f"{name}.yaml").read_text(encoding="utf-8")
    return Profile.model_validate({"name": name, **yaml.safe_load(text)})


class Preset(BaseModel):
    """A set of pacing numbers; names and units are those of the settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: str
    capture_fps: float | None = None
    window_size: int | None = None
    frames_per_inference: int | None = None
    frame_stride: int | None = None
    inference_interval: float | None = None
    still_interval: float | None = None
    change_threshold: float | None = None
    tts_pause_after: float | None = None
    tts_max_new_tokens: int | None = None
    length: Literal["brief", "normal", "detailed"] | None = None

    def numbers(self) -> dict[str, object]:
        """The numbers that this preset sets, by name of the setting."""
        return self.model_dump(exclude={"about"}, exclude_none=True)


@cache
def load_presets() -> dict[str, Preset]:
    """All presets by name."""
    text = (_HERE / "presets.yaml").read_text(encoding="utf-8")
    return {name: Preset.model_validate(entry) for name, entry in yaml.safe_load(text).items()}
